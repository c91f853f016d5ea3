import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CardMemory, isCardDue, isCardMemory } from '../../../../src/core/fleet/card-due.ts'
import { AT_MS } from './cards.ts'

const HOUR_MS = 3_600_000
const EVERY_MS = 6 * HOUR_MS
const LAST: CardMemory = { atMs: AT_MS, exit: 0, seq: 7, failures: 0 }
const need = (changes: object = {}) => ({
  everyMs: EVERY_MS,
  nowMs: AT_MS + HOUR_MS,
  exit: 0,
  seq: 7,
  ...changes,
})

describe('a card is due', () => {
  test.each([
    ['when none was ever written', undefined, need(), true],
    ['not while there is nothing new', LAST, need(), false],
    ['every so often all the same', LAST, need({ nowMs: AT_MS + EVERY_MS }), true],
    ['when the ledger has grown', LAST, need({ seq: 8 }), true],
    ['when a run ends otherwise', LAST, need({ exit: 11 }), true],
    ['when the clock has jumped back', LAST, need({ nowMs: AT_MS - 1 }), true],
    [
      'not a second after a failure, whatever is new',
      { ...LAST, failures: 1 },
      need({ nowMs: AT_MS + 1000, seq: 9 }),
      false,
    ],
    ['a minute after a failure', { ...LAST, failures: 1 }, need({ nowMs: AT_MS + 60_000 }), true],
    [
      'not a minute after the fifth in a row',
      { ...LAST, failures: 5 },
      need({ nowMs: AT_MS + 60_000 }),
      false,
    ],
  ])('%s', (_, last, asked, due) => {
    expect(isCardDue(last, asked)).toBe(due)
  })
})

test('however often it failed, it is tried again within the time between two cards', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 60_000, max: 86_400_000 }), (failures, everyMs) => {
      const asked = { everyMs, nowMs: AT_MS + everyMs, exit: 0, seq: 0 }
      expect(isCardDue({ ...LAST, failures }, asked)).toBe(true)
    }),
  )
})

test('what was remembered otherwise is not taken for it', () => {
  expect(isCardMemory(LAST)).toBe(true)
  for (const other of [undefined, {}, { ...LAST, atMs: 'now' }, { ...LAST, failures: -1 }])
    expect(isCardMemory(other)).toBe(false)
})
