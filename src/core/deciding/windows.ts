/**
 * Maintenance windows as people write them, in the words of systemd.time(7): `02:00-05:00`, `sat,sun 02:00-05:00`,
 * `mon-fri 22:00-04:00 Europe/Zurich`. A window past midnight belongs to the day on which it begins.
 */

export interface Window {
  readonly text: string
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  readonly days: readonly number[]
  /** Of the day: 0 to 1439. */
  readonly fromMinute: number
  /** 1 to 1440, never `fromMinute`; at or below it on the next day. */
  readonly toMinute: number
  /** A name of the tz database; UTC unless said. */
  readonly timeZone: string
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const DAY = `(?:${DAYS.join('|')})`
const DAY_LIST = `${DAY}(?:-${DAY})?(?:,${DAY}(?:-${DAY})?)*`
const TIME = '([01]\\d|2[0-4]):([0-5]\\d)'
const ZONE = '[A-Za-z][A-Za-z0-9+_-]*(?:/[A-Za-z0-9+_-]+)*'
const FORM = new RegExp(`^(?:(${DAY_LIST}) )?${TIME}-${TIME}(?: (${ZONE}))?$`, 'i')

/** Undefined when the text is no window. Whether its time zone exists is `isTimeZone`'s to say. */
export function parseWindow(text: string): Window | undefined {
  const match = FORM.exec(text)
  if (!match) return undefined
  const [, days, fromHour, fromMin, toHour, toMin, timeZone = 'UTC'] = match
  const fromMinute = Number(fromHour) * 60 + Number(fromMin)
  const toMinute = Number(toHour) * 60 + Number(toMin)
  if (fromMinute >= DAY_MINUTES || toMinute > DAY_MINUTES || fromMinute === toMinute) return undefined
  return {
    text,
    days: days === undefined ? EVERY_DAY : daysOf(days.toLowerCase()),
    fromMinute,
    toMinute,
    timeZone,
  }
}

const DAY_MINUTES = 24 * 60
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]

/** `sat-mon` goes over the end of the week. */
function daysOf(text: string): number[] {
  const days = text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map((day) => DAYS.indexOf(day))
    return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => ((first + index) % 7) + 1)
  })
  return [...new Set(days)].sort()
}

/**
 * Whether the moment lies in the window, by what a clock on the wall of its time zone shows. So a window in an hour that
 * daylight saving skips does not open that day, and one in the hour that comes twice opens twice.
 */
export function isOpen({ days, fromMinute, toMinute, timeZone }: Window, nowMs: number): boolean {
  const { day, minute } = wallClock(nowMs, timeZone)
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute
  const dayBefore = day === 1 ? 7 : day - 1
  return (days.includes(day) && minute >= fromMinute) || (days.includes(dayBefore) && minute < toMinute)
}

/** `tue 14:05`, as a clock in the time zone of the window shows. */
export function wallClockText(nowMs: number, timeZone: string): string {
  const { day, minute } = wallClock(nowMs, timeZone)
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0'))
  return `${DAYS[day - 1]} ${hours}:${minutes}`
}

/** Whether this runtime's tz database has it. Temporal, because Intl takes as long to load as the rest of the start. */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true
  try {
    wallClock(0, name)
    return true
  } catch {
    return false
  }
}

/** Time zones are loaded for a zone other than UTC only. */
function wallClock(nowMs: number, timeZone: string): { readonly day: number; readonly minute: number } {
  if (timeZone !== 'UTC') {
    const { dayOfWeek, hour, minute } = Temporal.Instant.fromEpochMilliseconds(
      Math.floor(nowMs),
    ).toZonedDateTimeISO(timeZone)
    return { day: dayOfWeek, minute: hour * 60 + minute }
  }
  const minutes = Math.floor(nowMs / 60_000)
  // 1 January 1970 was a Thursday.
  const day = Math.floor(minutes / DAY_MINUTES) + 3
  return { day: (((day % 7) + 7) % 7) + 1, minute: ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES }
}
