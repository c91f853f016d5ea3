/** The coming rotations as a calendar (RFC 5545): an event each, with an alarm when its version is published. */
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Keyset } from '../material.ts'
import type { Outlook } from './outlook.ts'
import type { KeysetPolicy } from './policy.ts'

export interface Rotation {
  readonly name: string
  /** From which version to which. */
  readonly from: number
  readonly to: number
  readonly atMs: EpochMs
  readonly publishAheadMs: number
  /** Tells it from those of other keysets, on every host that shares it alike. */
  readonly place: string
}

/** Undefined while no version is in use: the first waits for no date. */
export function comingRotation(
  { name, policy }: Keyset,
  { active, ahead }: Outlook,
  place: string,
): Rotation | undefined {
  const step = ahead.find((one) => one.step.kind === 'activate' || one.step.kind === 'make')
  if (!active || !step) return undefined
  const atMs = step.dueAtMs + aheadOf(step.step.kind, policy)
  return {
    ...{ name, place, from: active.number, to: step.step.version },
    ...{ atMs, publishAheadMs: policy.publishAheadMs },
  }
}

/** What is yet to be made is put in use so long after. */
function aheadOf(kind: string, { publishAheadMs }: KeysetPolicy): number {
  return kind === 'make' ? publishAheadMs : 0
}

/** Ends with CRLF. Without rotations a calendar without events, which readers take. */
export function calendarOf(rotations: readonly Rotation[], nowMs: EpochMs): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//keyroller//keysets//EN',
    ...rotations.flatMap((one) => eventOf(one, nowMs)),
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

/** Its UID stays while the version to come is the same, so a date that moves moves the event (RFC 5545 §3.8.4.7). */
function eventOf({ name, from, to, atMs, publishAheadMs, place }: Rotation, nowMs: EpochMs): string[] {
  const summary = escaped(`keyset ${name}: v${to} takes over from v${from}`)
  const known = `v${to} is published at ${formatMoment(atMs - publishAheadMs)}, ${formatDuration(publishAheadMs)} before it is used`
  return [
    'BEGIN:VEVENT',
    `UID:${escaped(`v${to}.${name}.${place}@keyroller`)}`,
    `DTSTAMP:${stampOf(nowMs)}`,
    `DTSTART:${stampOf(atMs)}`,
    `SUMMARY:${summary}`,
    `DESCRIPTION:${escaped(`${known}. keyroller keyset show ${name}`)}`,
    'TRANSP:TRANSPARENT',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `TRIGGER:-PT${Math.round(publishAheadMs / 1000)}S`,
    `DESCRIPTION:${summary}`,
    'END:VALARM',
    'END:VEVENT',
  ]
}

/** UTC in basic format (§3.3.5). */
function stampOf(ms: EpochMs): string {
  return formatMoment(ms).replaceAll(/[-:]/g, '')
}

/** TEXT (§3.3.11). */
function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/g, (one) => `\\${one}`).replaceAll('\n', '\\n')
}

const MOST_OCTETS = 75

/** Lines of 75 octets at most, never cut within a character (§3.1); each but the first begins with a space, which counts. */
function folded(line: string): string {
  let text = ''
  let octets = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (octets + size > MOST_OCTETS) {
      text += '\r\n '
      octets = 1
    }
    text += character
    octets += size
  }
  return text
}
