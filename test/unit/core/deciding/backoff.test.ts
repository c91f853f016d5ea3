import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBackingOff, rememberFailure } from '../../../../src/core/deciding/backoff.ts'
import type { FailureMemory } from '../../../../src/core/memory.ts'
import { HOUR_MS, NOW_MS } from '../builders.ts'

const FAULT = { code: 'vault-unreachable', message: 'expected an answer, found none', hint: 'look' } as const
const MINUTE_MS = 60_000

test('the waits double from a minute to six hours', () => {
  let failure: FailureMemory | undefined
  const waits = Array.from({ length: 12 }, () => {
    failure = rememberFailure(failure, FAULT, NOW_MS, undefined)
    return (failure.retryAtMs - NOW_MS) / MINUTE_MS
  })
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360])
})

test('it remembers the last fault and how many there were', () => {
  const first = rememberFailure(undefined, FAULT, NOW_MS - HOUR_MS, undefined)
  const second = rememberFailure(first, { ...FAULT, code: 'vault-sealed' }, NOW_MS, undefined)
  expect(second).toEqual({
    ...FAULT,
    code: 'vault-sealed',
    count: 2,
    atMs: NOW_MS,
    retryAtMs: NOW_MS + 2 * MINUTE_MS,
  })
})

test('it holds from the failure until the moment to retry, and not at it', () => {
  const failure = rememberFailure(undefined, FAULT, NOW_MS, undefined)
  expect(isBackingOff(failure, NOW_MS)).toBe(true)
  expect(isBackingOff(failure, NOW_MS + MINUTE_MS - 1)).toBe(true)
  expect(isBackingOff(failure, NOW_MS + MINUTE_MS)).toBe(false)
  expect(isBackingOff(undefined, NOW_MS)).toBe(false)
})

test('property: no wait is longer than six hours, however many failures there were', () => {
  fc.assert(
    fc.property(fc.nat(10_000), (count) => {
      const earlier = { ...rememberFailure(undefined, FAULT, NOW_MS, undefined), count }
      const { retryAtMs } = rememberFailure(earlier, FAULT, NOW_MS, undefined)
      expect(retryAtMs - NOW_MS).toBeGreaterThanOrEqual(MINUTE_MS)
      expect(retryAtMs - NOW_MS).toBeLessThanOrEqual(6 * HOUR_MS)
    }),
  )
})

test.each([
  ['days left: the six hours stand', 4 * 24 * 60, 360],
  ['eight hours left', 8 * 60, 60],
  ['eight minutes left: a minute, never less', 8, 1],
  ['seconds left', 0.1, 1],
  ['nothing left', 0, 360],
  ['long over', -24 * 60, 360],
])('the wait of a long streak with %s', (_, leftMinutes, waitMinutes) => {
  const earlier = { ...rememberFailure(undefined, FAULT, NOW_MS, undefined), count: 20 }
  const { retryAtMs } = rememberFailure(earlier, FAULT, NOW_MS, NOW_MS + leftMinutes * MINUTE_MS)
  expect((retryAtMs - NOW_MS) / MINUTE_MS).toBe(waitMinutes)
})

test('property: a clock that jumped back never holds', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer({ min: 1, max: 10_000 * HOUR_MS }), (count, backMs) => {
      const failure = rememberFailure(
        { ...rememberFailure(undefined, FAULT, NOW_MS, undefined), count },
        FAULT,
        NOW_MS,
        undefined,
      )
      expect(isBackingOff(failure, NOW_MS - backMs)).toBe(false)
    }),
  )
})
