import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideAll } from '../../../../src/core/deciding/decide.ts'
import type { Decision, PlanOptions } from '../../../../src/core/deciding/decision.ts'
import { findRollbackHold } from '../../../../src/core/deciding/rollback-hold.ts'
import type { EpochMs } from '../../../../src/core/epoch-ms.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { MaterialMemory } from '../../../../src/core/memory.ts'
import {
  certificate,
  config,
  DAY_MS,
  dueFacts,
  dueLeaf,
  facts,
  failure,
  file,
  HOUR_MS,
  identity,
  leaf,
  NOW_MS,
  observation,
} from '../builders.ts'

const HOST = config(identity('agent'), certificate('web'))
/** Of a life of 30 days, 9 of which are left. */
const LAST_TENTH_MS = dueLeaf().notAfterMs - 3 * DAY_MS

const ROLLED_BACK: MaterialMemory = {
  issued: { ...dueLeaf(), atMs: NOW_MS - HOUR_MS, rolledBackFrom: '4a12' },
}

test('what was rolled back is kept although it is due, and says how and when it rolls forward', () => {
  expect(decide()).toEqual({
    kind: 'keep',
    material: 'certificate/web',
    reason: 'rolled-back',
    message:
      'rolled back from serial 4a12 at 2026-06-01T11:00:00Z; keyroller renew --now certificate/web rolls forward, ' +
      'and by itself it does at 2026-06-07T12:00:00Z',
    dueAtMs: LAST_TENTH_MS,
  })
})

test('also from files in which no certificate could be read', () => {
  const memory = { issued: { ...ROLLED_BACK.issued, rolledBackFrom: 'unread' } as never }
  expect(decide({ memory }).message).toContain('rolled back from files without a readable certificate at ')
})

test('in the last tenth of its life availability wins, and the decision names the rollback', () => {
  expect(decide({ nowMs: LAST_TENTH_MS })).toMatchObject({
    kind: 'renew',
    reason: 'due',
    message:
      'due since 2026-06-07T12:00:00Z, 3d of its life left; rolled back from serial 4a12 at 2026-06-01T11:00:00Z, ' +
      'which ends with the last tenth of its life',
  })
})

describe('it holds back nothing but being due', () => {
  test.each<[string, PairFacts, string]>([
    ['a key that does not match', { ...dueFacts(), keyMatches: false }, 'key-mismatch'],
    ['a lost certificate', { ...dueFacts(), leaf: { state: 'missing' } }, 'missing'],
    [
      'a chain that is not trusted',
      { ...dueFacts(), chain: { state: 'untrusted', why: 'none' } },
      'untrusted-chain',
    ],
    ['a file that drifted', { ...dueFacts(), files: [file('key', { mode: 0o644 })] }, 'file-drift'],
  ])('%s', (_, seen, reason) => expect(decide({ seen }).reason).toBe(reason))

  test('an expired one', () => {
    expect(decide({ nowMs: dueLeaf().notAfterMs }).reason).toBe('expired')
  })

  test('what a person asks for', () => {
    expect(decide({ options: { force: true } })).toMatchObject({
      kind: 'renew',
      reason: 'due',
      message: 'due since 2026-05-31T12:00:00Z, 9d of its life left',
    })
  })

  test('a failure that is waited out', () => {
    const memory = { ...ROLLED_BACK, failure: failure({ retryAtMs: LAST_TENTH_MS + DAY_MS }) }
    expect(decide({ nowMs: LAST_TENTH_MS, memory }).reason).toBe('backing-off')
  })
})

test('it is over once anything else is installed', () => {
  expect(findRollbackHold(ROLLED_BACK, leaf({ fingerprint: '00' }))).toBeUndefined()
  expect(findRollbackHold(ROLLED_BACK, undefined)).toBeUndefined()
  const other = leaf({
    fingerprint: '00',
    notBeforeMs: NOW_MS - 21 * DAY_MS,
    notAfterMs: NOW_MS + 9 * DAY_MS,
  })
  expect(decide({ seen: facts({ leaf: { state: 'read', certificate: other } }) }).reason).toBe('due')
})

test('property: one decision, held no longer than nine tenths of its life or its own renewal, and renewed before its end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 31 * 24 }),
      fc.constantFrom(1 / 2, 2 / 3, 19 / 20),
      fc.boolean(),
      (hours, of, isForced) => {
        const nowMs = dueLeaf().notBeforeMs + hours * HOUR_MS
        const share = (nowMs - dueLeaf().notBeforeMs) / (30 * DAY_MS)
        const made = decide({ nowMs, of, options: { force: isForced } })
        const expected = isForced || share >= Math.max(0.9, of) ? 'renew' : 'keep'
        expect([hours, made.kind]).toEqual([hours, expected])
      },
    ),
  )
})

interface Case {
  readonly seen?: PairFacts
  readonly memory?: MaterialMemory
  readonly nowMs?: EpochMs
  readonly of?: number
  readonly options?: Partial<PlanOptions>
}

function decide({
  seen = dueFacts(),
  memory = ROLLED_BACK,
  nowMs = NOW_MS,
  of,
  options,
}: Case = {}): Decision {
  const renewAt = of === undefined ? {} : { renewAt: { kind: 'fraction', of } as const }
  const host = of === undefined ? HOST : config(identity('agent'), certificate('web', renewAt))
  const observed = observation(
    host,
    { 'certificate/web': seen },
    { materials: { 'certificate/web': memory } },
  )
  const only = new Set(['certificate/web'] as const)
  const [decision, ...more] = decideAll(host, observed, nowMs, { force: false, only, ...options })
  if (!decision || more.length > 0) throw new Error(`${more.length + 1} decisions`)
  return decision
}
