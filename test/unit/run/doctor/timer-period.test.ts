import { expect, test } from 'vitest'
import { gapIn } from '../../../../src/run/doctor/timer-period.ts'

// As systemd-analyze 252 prints it with LC_ALL=C and TZ=UTC.
const HOURLY_BY_DAY = `  Original form: 08..09:00
Normalized form: *-*-* 08..09:00:00
    Next elapse: Wed 2026-11-25 08:00:00 UTC
       From now: 4h 55min left
       Iter. #2: Wed 2026-11-25 09:00:00 UTC
       From now: 5h 55min left
       Iter. #3: Thu 2026-11-26 08:00:00 UTC
       From now: 1 day 4h left
`

test('the longest pause counts, not the usual one', () => {
  expect(gapIn(HOURLY_BY_DAY)).toBe(23 * 3_600_000)
})

test('once is no period', () => {
  expect(gapIn('    Next elapse: Wed 2026-11-25 08:00:00 UTC\n')).toBeUndefined()
  expect(gapIn('    Next elapse: never\n')).toBeUndefined()
})
