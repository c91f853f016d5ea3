import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, formatMoment, parseDuration } from '../../../src/core/duration.ts'

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000] as const

describe('parseDuration', () => {
  test.each([
    ['30s', 30 * SECOND],
    ['15m', 15 * MINUTE],
    ['72h', 72 * HOUR],
    ['30d', 30 * DAY],
    ['2w', 14 * DAY],
    ['1d12h', 36 * HOUR],
    ['1h1h', 2 * HOUR],
    ['0h1s', SECOND],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each([
    '',
    '0',
    '0s',
    '5',
    's',
    '1.5h',
    '-1h',
    '1 h',
    '1H',
    '1ms',
    '1y',
    '1h ',
    '1234567s',
    '1h\n',
    'P1D',
  ])('%j is none', (text) => expect(parseDuration(text)).toBeUndefined())
})

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [999, '0s'],
    [12 * SECOND, '12s'],
    [45 * MINUTE, '45m'],
    [6 * DAY + 4 * HOUR + 59 * MINUTE, '6d4h'],
    [DAY + 59 * MINUTE, '1d'],
    [90 * DAY, '90d'],
    [-3 * HOUR, '3h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})

test('property: what is written in one or two neighbouring units reads back as the same', () => {
  const units = fc.constantFrom(['d', 'h', 24], ['h', 'm', 60], ['m', 's', 60] as const)
  fc.assert(
    fc.property(units, fc.integer({ min: 1, max: 23 }), fc.nat(23), ([large, small], count, rest) => {
      const text = rest === 0 ? `${count}${large}` : `${count}${large}${rest}${small}`
      expect(formatDuration(parseDuration(text) ?? Number.NaN)).toBe(text)
    }),
  )
})

test('property: a written duration reads back as the same to within its second unit, and never as longer', () => {
  fc.assert(
    fc.property(fc.integer({ min: SECOND, max: 10_000 * DAY }), (ms) => {
      const back = parseDuration(formatDuration(ms)) ?? Number.NaN
      expect(back).toBeLessThanOrEqual(ms)
      expect(ms - back).toBeLessThan(ms >= DAY ? HOUR : ms >= HOUR ? MINUTE : SECOND)
      expect(formatDuration(back)).toBe(formatDuration(ms))
    }),
  )
})

test('a moment is RFC 3339 in UTC, to the second', () => {
  expect(formatMoment(Date.parse('2026-06-01T12:00:00.987Z'))).toBe('2026-06-01T12:00:00Z')
  expect(formatMoment(0)).toBe('1970-01-01T00:00:00Z')
})
