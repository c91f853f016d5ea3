import { expect, test } from 'vitest'
import {
  type CardInput,
  cardOf,
  cardPayload,
  MOST_ENDS,
  MOST_FAULTS,
} from '../../../../src/core/fleet/card.ts'
import { readCard } from '../../../../src/core/fleet/read-card.ts'
import type { Rung } from '../../../../src/core/status/rung.ts'
import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import { AT_MS } from './cards.ts'

const rung = (state: Rung['state']): Rung => ({ state, reason: `why-${state}`, message: 'told at length' })

function status(name: string, loaded: Rung['state'], endsInMs: number): MaterialStatus {
  const rungs = { issued: rung('yes'), installed: rung('yes'), loaded: rung(loaded), served: rung('off') }
  const next = { action: 'keep', reason: 'current', message: '' } as const
  const id = `certificate/${name}` as const
  return {
    id,
    ready: loaded === 'yes',
    ...rungs,
    verified: rung('off'),
    notAfterMs: AT_MS + endsInMs,
    next,
    owed: [],
  }
}

function input(changes: Partial<CardInput> = {}): CardInput {
  return {
    ...{ name: 'web1', everyMs: 3_600_000, version: '0.1.0', server: '1.21.1', skew: [], exit: 11 },
    ...{ statuses: [status('b', 'yes', 2000), status('a', 'no', 1000)], interrupted: false, owed: 1 },
    ...{ ledger: { seq: 3, hash: '0'.repeat(64) }, nowMs: AT_MS, keysets: [] },
    ...changes,
  }
}

test('it tells how far each rung is reached, who is not ready and why, and what ends first', () => {
  expect(cardOf(input())).toMatchObject({
    at: '2026-06-01T12:00:00Z',
    every: 3600,
    exit: 11,
    ready: false,
    materials: 2,
    reached: { issued: 2, installed: 2, loaded: 1, served: 2, verified: 2 },
    unready: [{ material: 'certificate/a', rung: 'loaded', state: 'no', reason: 'why-no' }],
    ends: [
      { material: 'certificate/a', at: '2026-06-01T12:00:01Z' },
      { material: 'certificate/b', at: '2026-06-01T12:00:02Z' },
    ],
    owed: 1,
  })
})

test('a switch of files that was cut off is not ready', () => {
  const statuses = [status('a', 'yes', 1000)]
  expect(cardOf(input({ statuses })).ready).toBe(true)
  expect(cardOf(input({ statuses, interrupted: true })).ready).toBe(false)
})

test('it stays small on a host of a thousand, and counts what it leaves out', () => {
  const statuses = Array.from({ length: 1000 }, (_, index) => status(`app-${index}`, 'no', index * 1000))
  const card = cardOf(input({ statuses }))
  expect([card.unready.length, card.ends.length]).toEqual([MOST_FAULTS, MOST_ENDS])
  expect([card.materials, card.reached.loaded]).toEqual([1000, 0])
  expect(cardPayload(card).length).toBeLessThan(4096)
})

test('what it says is read back as it was', () => {
  for (const one of [input(), input({ server: undefined, ledger: undefined, statuses: [] })]) {
    expect(readCard(cardPayload(cardOf(one)))).toEqual(cardOf(one))
  }
})
