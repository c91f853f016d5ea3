import { expect, test } from 'vitest'
import { formatThreshold, parseThreshold, thresholdMs } from '../../../../src/core/status/threshold.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'

test.each([
  ['7d', { kind: 'remaining', ms: 7 * DAY_MS }],
  ['1d12h', { kind: 'remaining', ms: 1.5 * DAY_MS }],
  ['25%', { kind: 'fraction', of: 0.25 }],
  ['0.5%', { kind: 'fraction', of: 0.005 }],
])('%s is taken, and written again as it was', (text, threshold) => {
  expect(parseThreshold(text)).toEqual(threshold)
  expect(formatThreshold(threshold as never)).toBe(text)
})

test.each(['', '7', '0%', '100%', '-1d', '7 d', '%', '1/4'])('%j is no limit', (text) => {
  expect(parseThreshold(text)).toBeUndefined()
})

test('a share is one of the own lifetime, and cannot be told without its begin', () => {
  const life = { notBeforeMs: NOW_MS, notAfterMs: NOW_MS + 40 * DAY_MS }
  const quarter = { kind: 'fraction', of: 0.25 } as const
  expect(thresholdMs(quarter, life)).toBe(10 * DAY_MS)
  expect(thresholdMs(quarter, { notAfterMs: NOW_MS })).toBeUndefined()
  expect(thresholdMs({ kind: 'remaining', ms: DAY_MS }, { notAfterMs: NOW_MS })).toBe(DAY_MS)
})
