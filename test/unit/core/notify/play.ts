/** A channel over many runs: what stands at each, whether the message is taken, and what was said. */
import fc from 'fast-check'
import type { NotifyLimits } from '../../../../src/core/notify/config.ts'
import {
  HOST,
  type NotifyEvent,
  type Subject,
  TROUBLES,
  type Trouble,
} from '../../../../src/core/notify/event.ts'
import type { Standing, StandingTrouble } from '../../../../src/core/notify/standing.ts'
import { delivered, planTelling } from '../../../../src/core/notify/telling.ts'
import { NOTHING_TOLD, type Told } from '../../../../src/core/notify/told.ts'
import { NOW_MS } from '../builders.ts'

export interface Tick {
  readonly afterMs: number
  readonly standing: Standing
  readonly isTaken: boolean
}

export interface Said {
  readonly atMs: number
  readonly events: readonly NotifyEvent[]
  readonly isTaken: boolean
  readonly standing: Standing
}

export const NO_LIMIT: NotifyLimits = { perMaterial: 1e9, overall: 1e9 }

export function play(
  ticks: readonly Tick[],
  limits: NotifyLimits,
): { said: Said[]; told: Told; nowMs: number } {
  const said: Said[] = []
  let told = NOTHING_TOLD
  let nowMs = NOW_MS
  for (const { afterMs, standing, isTaken } of ticks) {
    nowMs += afterMs
    const telling = planTelling(told, standing, limits, nowMs)
    const { events } = telling
    if (events.length > 0) said.push({ atMs: nowMs, events, isTaken, standing })
    told = events.length > 0 && isTaken ? delivered(telling, standing, nowMs) : telling.told
  }
  return { said, told, nowMs }
}

export function trouble(subject: Subject, kind: Trouble, severity: StandingTrouble['severity'] = 'warning') {
  return { subject, kind, severity, reason: `${kind}-reason`, message: `${kind} of ${subject}` }
}

/** Of these subjects, with what they suffer from. */
export function standing(...troubles: readonly StandingTrouble[]): Standing {
  const of = (subject: Subject) => troubles.filter((one) => one.subject === subject)
  return { subjects: new Map(SUBJECTS.map((subject) => [subject, of(subject)])) }
}

export const SUBJECTS: readonly Subject[] = [HOST, 'certificate/web', 'identity/agent']

const standingArb = fc
  .record({
    troubles: fc.uniqueArray(
      fc.record({
        subject: fc.constantFrom(...SUBJECTS),
        kind: fc.constantFrom(...TROUBLES),
        severity: fc.constantFrom('warning', 'critical'),
      }),
      { selector: ({ subject, kind }) => `${subject} ${kind}`, maxLength: 5 },
    ),
    server: fc.constantFrom(undefined, '1.21.1', '1.22.0'),
  })
  .map(({ troubles, server }): Standing => {
    const told = standing(...troubles.map(({ subject, kind, severity }) => trouble(subject, kind, severity)))
    if (server === undefined) return told
    const severity = server === '1.21.1' ? 'info' : 'warning'
    const skew = { state: server, subject: HOST, severity, reason: 'minor', message: server } as const
    return { ...told, skew }
  })

export const ticksArb = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 5_400_000 }),
    standing: standingArb,
    isTaken: fc.boolean(),
  }),
  { maxLength: 40 },
)
