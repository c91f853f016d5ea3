import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isOpen,
  isTimeZone,
  parseWindow,
  type Window,
  wallClockText,
} from '../../../../src/core/deciding/windows.ts'

describe('written', () => {
  test.each<[string, readonly number[], number, number, string]>([
    ['02:00-05:00', [1, 2, 3, 4, 5, 6, 7], 120, 300, 'UTC'],
    ['sat,sun 02:00-05:00', [6, 7], 120, 300, 'UTC'],
    ['Mon-Fri 22:00-04:00 Europe/Zurich', [1, 2, 3, 4, 5], 1320, 240, 'Europe/Zurich'],
    ['sat-mon,wed 00:00-24:00', [1, 3, 6, 7], 0, 1440, 'UTC'],
    ['sun,sun 23:59-00:00', [7], 1439, 0, 'UTC'],
    ['thu 02:00-05:00 America/Argentina/Buenos_Aires', [4], 120, 300, 'America/Argentina/Buenos_Aires'],
  ])('%s', (text, days, fromMinute, toMinute, timeZone) => {
    expect(parseWindow(text)).toEqual({ text, days, fromMinute, toMinute, timeZone })
  })

  test.each([
    '',
    'always',
    'sat',
    '02:00',
    '2:00-5:00',
    '02:00-02:00',
    '24:00-02:00',
    '02:00-24:01',
    '02:60-03:00',
    'sat, sun 02:00-05:00',
    'saturday 02:00-05:00',
    'sat- 02:00-05:00',
    '02:00-05:00 +02:00',
    '02:00-05:00 Europe/',
    ' 02:00-05:00',
  ])('%j is none', (text) => expect(parseWindow(text)).toBeUndefined())
})

test('a time zone is one of the tz database', () => {
  expect(['UTC', 'Europe/Zurich', 'Asia/Kolkata', 'Etc/GMT+5'].map(isTimeZone)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['Europe/Zurch', 'Europe', 'Mars/Base'].map(isTimeZone)).toEqual([false, false, false])
})

describe('open', () => {
  test.each<[string, string, boolean]>([
    ['sat,sun 02:00-05:00', '2026-06-06T01:59:59Z', false],
    ['sat,sun 02:00-05:00', '2026-06-06T02:00:00Z', true],
    ['sat,sun 02:00-05:00', '2026-06-07T04:59:59Z', true],
    ['sat,sun 02:00-05:00', '2026-06-07T05:00:00Z', false],
    ['sat,sun 02:00-05:00', '2026-06-08T03:00:00Z', false],
    ['fri 22:00-04:00', '2026-06-05T22:00:00Z', true],
    ['fri 22:00-04:00', '2026-06-06T03:59:00Z', true],
    ['fri 22:00-04:00', '2026-06-06T04:00:00Z', false],
    ['fri 22:00-04:00', '2026-06-05T03:00:00Z', false],
    ['sun 22:00-04:00', '2026-06-08T03:00:00Z', true],
    ['fri 22:00-24:00', '2026-06-05T23:59:59Z', true],
    ['fri 22:00-24:00', '2026-06-06T00:00:00Z', false],
    ['tue 10:00-11:00', '1969-12-30T10:30:00Z', true],
  ])('%s at %s: %s', (text, at, open) => expect(isOpen(windowOf(text), Date.parse(at))).toBe(open))
})

describe('where the clocks change', () => {
  test.each<[string, string, boolean]>([
    // 29 March 2026 in Zurich: 01:59 is followed by 03:00.
    ['sun 02:00-03:00 Europe/Zurich', '2026-03-29T00:59:59Z', false],
    ['sun 02:00-03:00 Europe/Zurich', '2026-03-29T01:00:00Z', false],
    ['sun 02:00-05:00 Europe/Zurich', '2026-03-29T01:00:00Z', true],
    ['sun 02:00-05:00 Europe/Zurich', '2026-03-29T03:00:00Z', false],
    // 25 October 2026 in Zurich: 02:59 is followed by 02:00.
    ['sun 02:30-03:00 Europe/Zurich', '2026-10-25T00:30:00Z', true],
    ['sun 02:30-03:00 Europe/Zurich', '2026-10-25T01:00:00Z', false],
    ['sun 02:30-03:00 Europe/Zurich', '2026-10-25T01:30:00Z', true],
    // Half an hour on Lord Howe.
    ['sun 02:15-02:30 Australia/Lord_Howe', '2026-10-03T15:30:00Z', false],
    ['sun 02:15-02:45 Australia/Lord_Howe', '2026-10-03T15:30:00Z', true],
    // The day is that of the zone.
    ['sat 00:00-01:00 Pacific/Auckland', '2026-06-05T12:30:00Z', true],
    ['sat 05:45-06:00 Asia/Kathmandu', '2026-06-06T00:00:00Z', true],
  ])('%s at %s: %s', (text, at, open) => expect(isOpen(windowOf(text), Date.parse(at))).toBe(open))
})

/** Intl and Temporal read the same database by different code. */
test('property: the wall shows what Intl writes', () => {
  const zones = ['UTC', 'Europe/Zurich', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu']
  const clocks = new Map(zones.map((zone) => [zone, intlClock(zone)]))
  const moment = fc.integer({
    min: Date.parse('1975-01-01T00:00:00Z'),
    max: Date.parse('2037-12-31T00:00:00Z'),
  })
  fc.assert(
    fc.property(fc.constantFrom(...zones), moment, (zone, nowMs) => {
      expect(wallClockText(nowMs, zone)).toBe(clocks.get(zone)?.(nowMs))
    }),
    { numRuns: 500 },
  )
})

test('property: a window and what lies between it share every moment', () => {
  const minute = fc.integer({ min: 0, max: 1439 })
  const moment = fc.integer({
    min: Date.parse('2026-01-01T00:00:00Z'),
    max: Date.parse('2027-01-01T00:00:00Z'),
  })
  fc.assert(
    fc.property(
      minute,
      minute,
      moment,
      fc.constantFrom('UTC', 'Europe/Zurich'),
      (from, to, nowMs, timeZone) => {
        if (from === to) return
        const everyDay = { text: '', days: [1, 2, 3, 4, 5, 6, 7], timeZone }
        const inside = isOpen({ ...everyDay, fromMinute: from, toMinute: to }, nowMs)
        expect(isOpen({ ...everyDay, fromMinute: to, toMinute: from }, nowMs)).toBe(!inside)
      },
    ),
  )
})

function windowOf(text: string): Window {
  const window = parseWindow(text)
  if (!window) throw new Error(`no window: ${text}`)
  return window
}

function intlClock(timeZone: string): (nowMs: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  return (nowMs) => format.format(nowMs).toLowerCase().replace(',', '')
}
