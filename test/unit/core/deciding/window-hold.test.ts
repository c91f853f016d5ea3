import { describe, expect, test } from 'vitest'
import { decideAll } from '../../../../src/core/deciding/decide.ts'
import { parseWindow } from '../../../../src/core/deciding/windows.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { WindowFloor } from '../../../../src/core/material.ts'
import { exitOfRun } from '../../../../src/core/run-exit.ts'
import {
  certificate,
  config,
  DAY_MS,
  dueFacts,
  dueLeaf,
  facts,
  failure,
  HOUR_MS,
  identity,
  type leaf,
  NOW_MS,
  observation,
} from '../builders.ts'

// NOW_MS is a Monday, 12:00 UTC; what is due has 9 of its 30 days left.
const SIXTH: WindowFloor = { kind: 'fraction', of: 1 / 6 }

test('what is due waits, says for what and until when, and nothing is wrong', () => {
  const held = decide(['sat,sun 02:00-05:00', 'mon 22:00-04:00 Europe/Zurich'])
  expect(held).toEqual({
    kind: 'hold',
    material: 'certificate/web',
    reason: 'outside-window',
    message:
      'due since 2026-05-31T12:00:00Z, 9d of its life left; ' +
      'expected sat,sun 02:00-05:00 or mon 22:00-04:00 Europe/Zurich, ' +
      'found mon 12:00 UTC, mon 14:00 Europe/Zurich; renewed in any case from 2026-06-05T12:00:00Z',
    dueAtMs: Date.parse('2026-05-31T12:00:00Z'),
  })
  expect(exitOfRun([], held ? [held] : [])).toBe(0)
})

test('within one of its windows it is renewed', () => {
  expect(decide(['sat 02:00-05:00', 'mon 14:00-14:30 Europe/Zurich'])?.kind).toBe('renew')
})

test('asked for, it does not wait', () => {
  expect(decide(['sat 02:00-05:00'], { force: true })?.kind).toBe('renew')
})

describe('only above the floor', () => {
  const DUE_END_MS = NOW_MS + 9 * DAY_MS
  test.each<[string, WindowFloor, number]>([
    ['a share of its life', SIXTH, DUE_END_MS - 5 * DAY_MS],
    ['a time', { kind: 'remaining', ms: 2 * DAY_MS }, DUE_END_MS - 2 * DAY_MS],
    ['never less than a twentieth of its life', { kind: 'remaining', ms: 1000 }, DUE_END_MS - 36 * HOUR_MS],
  ])('%s', (_, floor, floorAtMs) => {
    // One minute a week, at a time that none of these moments has.
    const at = (nowMs: number) => decide(['tue 03:33-03:34'], { floor, nowMs })?.kind
    expect([at(floorAtMs - 1), at(floorAtMs)]).toEqual(['hold', 'renew'])
  })
})

describe('only what can wait', () => {
  test.each<[string, Partial<PairFacts>, string]>([
    ['other names', certified({ dnsNames: ['old.example'] }), 'outside-window'],
    ['another key type', certified({ keyType: 'rsa-2048' }), 'outside-window'],
    ['another key', { keyMatches: false }, 'key-mismatch'],
    ['an untrusted chain', { chain: { state: 'untrusted', why: 'none' } }, 'untrusted-chain'],
    ['a lost key', { key: { state: 'missing' } }, 'missing'],
    ['a life that is over', certified({ notAfterMs: NOW_MS }), 'expired'],
  ])('%s: %s', (_, changes, reason) => {
    expect(decide(['sat 02:00-05:00'], { seen: facts(changes) })?.reason).toBe(reason)
  })

  test('files that drifted are mended at any time', () => {
    const files = dueFacts().files.map((file) => ({ ...file, mode: 0o777 }))
    expect(decide(['sat 02:00-05:00'], { seen: facts({ files }) })?.kind).toBe('repair')
  })
})

test('a window comes before backoff: outside it a failure of the past is not what holds', () => {
  const memory = { materials: { 'certificate/web': { failure: failure() } } }
  expect(decide(['sat 02:00-05:00'], { memory })?.reason).toBe('outside-window')
  expect(decide(['mon 11:00-13:00'], { memory })?.reason).toBe('backing-off')
})

interface Case {
  readonly seen?: PairFacts
  readonly floor?: WindowFloor
  readonly nowMs?: number
  readonly force?: boolean
  readonly memory?: object
}

function decide(
  texts: readonly string[],
  { seen, floor = SIXTH, nowMs = NOW_MS, force = false, memory }: Case = {},
) {
  const windows = { open: texts.flatMap((text) => parseWindow(text) ?? []), floor }
  const host = config(identity('agent'), certificate('web', { windows }))
  const all = { 'identity/agent': longLived(), 'certificate/web': seen ?? dueFacts() }
  return decideAll(host, observation(host, all, memory), nowMs, { force }).at(1)
}

function longLived(): PairFacts {
  return facts(certified({ notAfterMs: NOW_MS + 900 * DAY_MS }))
}

function certified(changes: Parameters<typeof leaf>[0]): Partial<PairFacts> {
  return { leaf: { state: 'read', certificate: dueLeaf(changes) } }
}
