/** Maintenance windows as they are written. */
import * as z from 'zod/mini'
import { isTimeZone, parseWindow } from '../core/deciding/windows.ts'
import { parseDuration } from '../core/duration.ts'
import type { RenewalWindows } from '../core/material.ts'
import { parseFraction } from './formats.ts'

const WINDOW = 'a window like "sat,sun 02:00-05:00", in UTC or with a time zone like Europe/Zurich behind it'
const FLOOR = 'a fraction between 1/20 and 1/2, like 1/6, or a duration like 3d'

export const windows = z.array(z.string({ error: WINDOW }).check(z.superRefine(isWindow)))

export const windowFloor = z.string({ error: FLOOR }).check(z.refine(isFloor, { error: FLOOR }))

function isWindow(text: string, context: { addIssue(issue: string): void }): void {
  const window = parseWindow(text)
  if (!window) context.addIssue(WINDOW)
  else if (!isTimeZone(window.timeZone))
    context.addIssue('a time zone of the tz database, like Europe/Zurich')
}

function isFloor(text: string): boolean {
  const fraction = parseFraction(text)
  return fraction === undefined ? parseDuration(text) !== undefined : fraction >= 1 / 20 && fraction <= 1 / 2
}

/** Undefined for an empty list: at any time. */
export function interpretWindows(written: readonly string[], floor: string): RenewalWindows | undefined {
  if (written.length === 0) return undefined
  const fraction = parseFraction(floor)
  const open = written.flatMap((text) => parseWindow(text) ?? [])
  return fraction === undefined
    ? { open, floor: { kind: 'remaining', ms: parseDuration(floor) ?? 0 } }
    : { open, floor: { kind: 'fraction', of: fraction } }
}
