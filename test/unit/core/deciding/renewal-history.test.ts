/**
 * Three lifetimes of runs on a host whose clock jumps, whose server fails and that may renew in windows only. Whatever the
 * history: what can be renewed is renewed before it expires, and nobody is asked in a storm.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rememberFailure } from '../../../../src/core/deciding/backoff.ts'
import type { CertificateFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import { judgeIssued } from '../../../../src/core/judgement.ts'
import type { Certificate, RenewAt, RenewalWindows } from '../../../../src/core/material.ts'
import type { FailureMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { certificate, config, DAY_MS, facts, identity, leaf, NOW_MS, observation } from '../builders.ts'

const LIVES = 3
const MINUTE_MS = 60_000

/** Something that is wrong for a while; moments and lengths are shares of a lifetime. */
interface Trouble {
  readonly kind: 'server down' | 'clock behind' | 'clock ahead' | 'host asleep'
  readonly after: number
  readonly length: number
}

interface History {
  readonly lifetimeMs: number
  readonly renewAt: RenewAt
  readonly windows: RenewalWindows
  readonly troubles: readonly Trouble[]
  /** By how much the clock is wrong in a trouble that is about the clock, as a share of a lifetime. */
  readonly skew: number
  /** Of the requests in turn, which succeed. */
  readonly luck: readonly boolean[]
}

interface Told {
  readonly requests: number
  readonly renewals: number
  /** Runs that found the certificate over, by the true time. */
  readonly expiredRuns: number
}

const kinds = fc.constantFrom<Trouble['kind']>('server down', 'clock behind', 'clock ahead', 'host asleep')
const windows = fc.record({
  open: fc.array(
    fc.record({
      text: fc.constant(''),
      days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
      fromMinute: fc.integer({ min: 0, max: 700 }),
      toMinute: fc.integer({ min: 701, max: 1440 }),
      timeZone: fc.constantFrom('UTC', 'Europe/Zurich'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  floor: fc.constantFrom<RenewalWindows['floor']>(
    { kind: 'fraction', of: 1 / 6 },
    { kind: 'fraction', of: 1 / 2 },
  ),
})
const common = {
  lifetimeMs: fc.constantFrom(DAY_MS, 7 * DAY_MS, 90 * DAY_MS),
  renewAt: fc.constantFrom<RenewAt>({ kind: 'fraction', of: 2 / 3 }, { kind: 'fraction', of: 9 / 10 }),
  windows,
}

/** Every trouble is over after a sixteenth of a lifetime, and leaves a fourth in peace; of three requests one succeeds. */
const bearable: fc.Arbitrary<History> = fc.record({
  ...common,
  troubles: fc.array(
    fc.record({
      kind: kinds,
      after: fc.double({ min: 1 / 4, max: 1, noNaN: true }),
      length: fc.double({ min: 0, max: 1 / 16, noNaN: true }),
    }),
    { maxLength: 8 },
  ),
  skew: fc.double({ min: 0, max: 3, noNaN: true }),
  luck: fc
    .array(fc.constantFrom([true], [false, true], [false, false, true]), { minLength: 1 })
    .map((all) => all.flat()),
})

/** Anything at all. */
const wild: fc.Arbitrary<History> = fc.record({
  ...common,
  troubles: fc.array(
    fc.record({
      kind: kinds,
      after: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.double({ min: 0, max: 3, noNaN: true }),
    }),
    { maxLength: 8 },
  ),
  skew: fc.double({ min: 0, max: 100, noNaN: true }),
  luck: fc.array(fc.boolean(), { minLength: 1 }),
})

test('property: what can be renewed is renewed before it expires', () => {
  fc.assert(
    fc.property(bearable, (history) => {
      const told = live(history)
      expect(told.expiredRuns).toBe(0)
      expect(told.renewals).toBeGreaterThanOrEqual(LIVES - 1)
    }),
    { numRuns: 60 },
  )
})

test('property: the number of requests is bounded, whatever happens', () => {
  fc.assert(
    fc.property(wild, (history) => {
      const told = live(history)
      const jumps = 2 * history.troubles.length
      // Half a life lies between two renewals, but for a clock that says otherwise.
      expect(told.renewals).toBeLessThanOrEqual(2 * LIVES + 1 + jumps)
      // Fifty tries while the wait doubles to six hours and shrinks with the rest of a life; else four a day.
      const perDay = (4 * LIVES * history.lifetimeMs) / DAY_MS
      expect(told.requests - told.renewals).toBeLessThanOrEqual(50 * (told.renewals + jumps + 1) + perDay)
    }),
    { numRuns: 60 },
  )
})

test('a window that never opens lets nothing expire', () => {
  const never = { text: '', days: [7], fromMinute: 150, toMinute: 151, timeZone: 'UTC' }
  const told = live({
    ...{ lifetimeMs: DAY_MS, renewAt: { kind: 'fraction', of: 2 / 3 }, troubles: [], skew: 0, luck: [true] },
    windows: { open: [never], floor: { kind: 'fraction', of: 1 / 6 } },
  })
  expect([told.expiredRuns, told.renewals]).toEqual([0, LIVES])
})

function live(history: History): Told {
  const { lifetimeMs, luck } = history
  const web = certificate('web', { renewAt: history.renewAt, windows: history.windows })
  const host: HostConfig = {
    ...config(identity('agent'), web),
    renewal: { ...config().renewal, spread: 1 / 20 },
  }
  let held = issueAt(NOW_MS, lifetimeMs)
  let failure: FailureMemory | undefined
  let [requests, renewals, expiredRuns] = [0, 0, 0]
  const apartMs = Math.max(15 * MINUTE_MS, lifetimeMs / 300)
  for (let trueMs = NOW_MS; trueMs < NOW_MS + LIVES * lifetimeMs; trueMs += apartMs) {
    const trouble = troubleAt((trueMs - NOW_MS) / lifetimeMs, history.troubles)
    if (trueMs >= held.notAfterMs) expiredRuns += 1
    if (trouble === 'host asleep') continue
    const nowMs = trueMs + skewMs(trouble, history)
    if (!isAsked(host, held, failure, nowMs)) continue
    const lucky = luck[requests % luck.length] ?? false
    requests += 1
    const issued = issueAt(trueMs, lifetimeMs)
    if (trouble !== 'server down' && lucky && isAccepted(web, issued, held, nowMs)) {
      renewals += 1
      held = issued
      failure = undefined
    } else failure = rememberFailure(failure, FAULT, nowMs, held.notAfterMs)
  }
  return { requests, renewals, expiredRuns }
}

const FAULT = { code: 'vault-unreachable', message: 'expected an answer, found none', hint: '' } as const

/** One after another, each begun `after` the end of the one before. */
function troubleAt(share: number, troubles: readonly Trouble[]): Trouble['kind'] | undefined {
  let end = 0
  for (const { kind, after, length } of troubles) {
    const begin = end + after
    end = begin + length
    if (share >= begin && share < end) return kind
  }
  return undefined
}

function skewMs(trouble: Trouble['kind'] | undefined, { skew, lifetimeMs }: History): number {
  const byMs = Math.round(skew * lifetimeMs)
  return trouble === 'clock ahead' ? byMs : trouble === 'clock behind' ? -byMs : 0
}

function isAsked(
  host: HostConfig,
  held: CertificateFacts,
  failure: FailureMemory | undefined,
  nowMs: number,
): boolean {
  const forEver = leaf({ notBeforeMs: NOW_MS - 1e12, notAfterMs: NOW_MS + 1e12 })
  const seen = {
    'identity/agent': facts({ leaf: { state: 'read', certificate: forEver } }),
    'certificate/web': facts({ leaf: { state: 'read', certificate: held } }),
  } as const
  const memory = { materials: { 'certificate/web': failure ? { failure } : {} } }
  const { steps } = makePlan(host, observation(host, seen, memory), nowMs, { force: false })
  return steps.some((step) => step.kind === 'issue' && step.material === 'certificate/web')
}

/** By the host's own clock, as everything is judged. */
function isAccepted(
  material: Certificate,
  issued: CertificateFacts,
  held: CertificateFacts,
  nowMs: number,
): boolean {
  const answer = {
    state: 'read',
    certificate: issued,
    keyMatches: true,
    signatures: [],
    chainFault: undefined,
  } as const
  return judgeIssued({ material, answer, currentNotAfterMs: held.notAfterMs, nowMs }) === undefined
}

/** Backdated by 30 seconds, as Vault does. */
function issueAt(trueMs: number, lifetimeMs: number): CertificateFacts {
  return leaf({ notBeforeMs: trueMs - 30_000, notAfterMs: trueMs + lifetimeMs })
}
