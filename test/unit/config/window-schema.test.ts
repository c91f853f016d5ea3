/** Maintenance windows: what can be written, and whose they are. */

import { describe, expect, test } from 'vitest'
import { isPaired } from '../../../src/core/material.ts'
import { certificate, IDENTITY, load, PKI, problems, VAULT } from './written.ts'

const RENEWAL = '[renewal]\nwindows = ["sat,sun 02:00-05:00"]\n'
const SAT_SUN = { text: 'sat,sun 02:00-05:00', days: [6, 7], fromMinute: 120, toMinute: 300, timeZone: 'UTC' }

test('at any time unless written', () => expect(windowsOf('', '')).toBeUndefined())

test('those of [renewal] are for everything that names none', () => {
  expect(windowsOf(RENEWAL, '')).toEqual({ open: [SAT_SUN], floor: { kind: 'fraction', of: 1 / 6 } })
})

test('its own take their place, and an empty list is at any time', () => {
  const own = windowsOf(`${RENEWAL}window_floor = "3d"\n`, 'windows = ["22:00-04:00 Europe/Zurich"]')
  expect(own?.open.map(({ text, timeZone }) => [text, timeZone])).toEqual([
    ['22:00-04:00 Europe/Zurich', 'Europe/Zurich'],
  ])
  expect(own?.floor).toEqual({ kind: 'remaining', ms: 3 * 86_400_000 })
  expect(windowsOf(RENEWAL, 'windows = []')).toBeUndefined()
})

const WINDOW = 'a window like "sat,sun 02:00-05:00", in UTC or with a time zone like Europe/Zurich behind it'
const FLOOR = 'a fraction between 1/20 and 1/2, like 1/6, or a duration like 3d'

describe('what is none', () => {
  test.each([
    ['windows = "02:00-05:00"', 'windows: expected a list, found "02:00-05:00"'],
    ['windows = ["night"]', `windows.0: expected ${WINDOW}, found "night"`],
    ['windows = ["02:00-05:00", 3]', `windows.1: expected ${WINDOW}, found 3`],
    [
      'windows = ["02:00-05:00 Europe/Zurch"]',
      'windows.0: expected a time zone of the tz database, like Europe/Zurich, found "02:00-05:00 Europe/Zurch"',
    ],
    ['window_floor = "0"', `window_floor: expected ${FLOOR}, found "0"`],
    ['window_floor = "2/3"', `window_floor: expected ${FLOOR}, found "2/3"`],
  ])('%s', (line, told) => {
    expect(problems(`${VAULT}[renewal]\n${line}\n`)).toEqual([`keyroller.toml: renewal.${told}`])
  })
})

function windowsOf(renewal: string, line: string) {
  const { materials } = load(VAULT + PKI + renewal + IDENTITY + certificate(line))
  return materials.filter(isPaired).find(({ id }) => id === 'certificate/web')?.windows
}
