/** A year of runs, one every 15 minutes, against a server that answers at random: few requests, and none too late. */
import { describe, expect, test } from 'vitest'
import { rememberFailure } from '../../../src/core/deciding/backoff.ts'
import type { EpochMs } from '../../../src/core/epoch-ms.ts'
import type { CertificateFacts, Observation } from '../../../src/core/facts.ts'
import type { FailureMemory } from '../../../src/core/memory.ts'
import { makePlan } from '../../../src/core/planning/plan.ts'
import {
  certificate,
  config,
  DAY_MS,
  facts,
  HOUR_MS,
  identity,
  leaf,
  NOW_MS,
  observation,
} from './builders.ts'

const RUNS_APART_MS = 15 * 60_000
const YEAR_MS = 365 * DAY_MS

interface Server {
  readonly lifetimeMs: number
  /** Share of requests that succeed. */
  readonly luck: number
  /** Days of the year on which nothing succeeds. */
  readonly outage?: { readonly fromDay: number; readonly toDay: number }
}

interface Year {
  readonly requests: number
  readonly renewals: number
  readonly expiredRuns: number
}

describe.each([1, 2])('a year with the dice of seed %d', (seed) => {
  test.each<[string, Server]>([
    ['a day of life, a good server', { lifetimeMs: DAY_MS, luck: 0.95 }],
    ['30 days of life, a server that fails two of three', { lifetimeMs: 30 * DAY_MS, luck: 1 / 3 }],
    [
      '30 days of life, six days of outage',
      { lifetimeMs: 30 * DAY_MS, luck: 0.9, outage: { fromDay: 100, toDay: 106 } },
    ],
    [
      '90 days of life, three weeks of outage',
      { lifetimeMs: 90 * DAY_MS, luck: 0.9, outage: { fromDay: 50, toDay: 71 } },
    ],
  ])('%s: never expired, never a storm', (_, server) => {
    const year = live(server, seed)
    expect(year.expiredRuns).toBe(0)
    expect(year.renewals).toBeGreaterThanOrEqual(Math.floor(YEAR_MS / server.lifetimeMs))
    expect(year.renewals).toBeLessThanOrEqual(Math.ceil((2 * YEAR_MS) / server.lifetimeMs))
    expect(year.requests - year.renewals).toBeLessThanOrEqual(failuresAllowed(year))
  })
})

test('a server that never answers is asked four times a day, not every 15 minutes', () => {
  const year = live({ lifetimeMs: 30 * DAY_MS, luck: 0 }, 1)
  expect(year.renewals).toBe(0)
  expect(year.requests).toBeLessThanOrEqual(failuresAllowed(year))
  expect(year.requests).toBeGreaterThan(1000)
  expect(year.expiredRuns).toBeGreaterThan(0)
})

test('a server that comes back two hours before the end of a life of a day finds us asking', () => {
  const outage = { fromDay: 0.5, toDay: 22 / 24 }
  expect(live({ lifetimeMs: DAY_MS, luck: 1, outage }, 1).expiredRuns).toBe(0)
})

/** Fifty tries while the wait doubles to six hours and shrinks with the rest of the life, once per renewal; else four a day. */
function failuresAllowed({ renewals }: Year): number {
  return 50 * (renewals + 1) + 4 * 365
}

function live(server: Server, seed: number): Year {
  const dice = openDice(seed)
  let held = issueAt(NOW_MS, server.lifetimeMs, 0)
  let failure: FailureMemory | undefined
  let observed = seen(held, failure)
  let [requests, renewals, expiredRuns] = [0, 0, 0]
  for (let nowMs = NOW_MS; nowMs < NOW_MS + YEAR_MS; nowMs += RUNS_APART_MS) {
    if (nowMs >= held.notAfterMs) expiredRuns += 1
    const { steps } = makePlan(HOST, observed, nowMs, { force: false })
    if (!steps.some(({ kind }) => kind === 'issue')) continue
    requests += 1
    if (isUp(server, nowMs) && dice() < server.luck) {
      renewals += 1
      held = issueAt(nowMs, server.lifetimeMs, renewals)
      failure = undefined
    } else failure = rememberFailure(failure, FAULT, nowMs, held.notAfterMs)
    observed = seen(held, failure)
  }
  return { requests, renewals, expiredRuns }
}

const HOST = {
  ...config(identity('agent'), certificate('web')),
  renewal: { ...config().renewal, spread: 1 / 20 },
}

/** An identity that never ends, and what is held of the certificate. */
function seen(held: CertificateFacts, failure: FailureMemory | undefined): Observation {
  const agent = leaf({ notAfterMs: NOW_MS + 10 * YEAR_MS })
  const both = {
    'identity/agent': facts({ leaf: { state: 'read', certificate: agent } }),
    'certificate/web': facts({ leaf: { state: 'read', certificate: held } }),
  }
  return observation(HOST, both, { materials: { 'certificate/web': failure ? { failure } : {} } })
}

function isUp({ outage }: Server, nowMs: EpochMs): boolean {
  const day = (nowMs - NOW_MS) / DAY_MS
  return outage === undefined || day < outage.fromDay || day >= outage.toDay
}

const FAULT = { code: 'vault-unreachable', message: 'expected an answer, found none', hint: '' } as const

/** Backdated by 30 seconds, as Vault does. */
function issueAt(nowMs: EpochMs, lifetimeMs: number, count: number): CertificateFacts {
  return leaf({ notBeforeMs: nowMs - 30_000, notAfterMs: nowMs + lifetimeMs, serial: count.toString(16) })
}

/** mulberry32: the same numbers on every machine. */
function openDice(seed: number): () => number {
  let state = seed * HOUR_MS
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    const more = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32
  }
}
