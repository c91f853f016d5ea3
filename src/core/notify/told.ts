/** What was told on a channel, and how often it was tried: what makes the next run silent. */
import type { EpochMs } from '../epoch-ms.ts'
import { type Guard, isMoment, isText, listOf, mapOf, matching, optional, shape } from '../shape.ts'
import { type NotifyEvent, SEVERITIES, type Severity, type Subject, type Trouble } from './event.ts'
import type { Standing, StandingTrouble } from './standing.ts'

export interface Told {
  /** By subject: what it was said to suffer from, until it was said to be over. */
  readonly troubles: Readonly<Record<string, ToldTroubles>>
  /** See `StandingSkew`. */
  readonly skew?: string
  /** Messages of the last hour, delivered or not. */
  readonly attempts: Attempts
  /** Why the last message was not delivered; said once. */
  readonly undelivered?: string
}

export type ToldTroubles = Readonly<Partial<Record<Trouble, ToldTrouble>>>

export interface ToldTrouble {
  readonly severity: Severity
  readonly reason: string
  readonly atMs: EpochMs
}

export interface Attempts {
  readonly overall: readonly EpochMs[]
  readonly by: Readonly<Record<string, readonly EpochMs[]>>
}

export const NOTHING_TOLD: Told = { troubles: {}, attempts: { overall: [], by: {} } }

const HOUR_MS = 3_600_000

/** Also of a clock that went back: what it left in the future is forgotten within the hour, too. */
export function withinHour(moments: readonly EpochMs[] | undefined, nowMs: EpochMs): EpochMs[] {
  return (moments ?? []).filter((atMs) => Math.abs(nowMs - atMs) < HOUR_MS)
}

/** One message with these events is about to be sent. */
export function countAttempt(told: Told, events: readonly NotifyEvent[], nowMs: EpochMs): Told {
  const of = new Set<string>(events.map(({ subject }) => subject))
  const subjects = new Set([...Object.keys(told.attempts.by), ...of])
  const by = [...subjects].flatMap((subject): [string, EpochMs[]][] => {
    const recent = withinHour(told.attempts.by[subject], nowMs)
    const counted = of.has(subject) ? [...recent, nowMs] : recent
    return counted.length === 0 ? [] : [[subject, counted]]
  })
  const overall = [...withinHour(told.attempts.overall, nowMs), nowMs]
  return { ...told, attempts: { overall, by: Object.fromEntries(by) } }
}

/**
 * What is known to be told once `events` were. Without any, only what needs no word: a trouble that is over while another
 * stands, one that got milder, what is configured no longer, the first server when it is as it should be.
 */
export function continueTold(
  told: Told,
  { subjects, skew }: Standing,
  events: readonly NotifyEvent[],
  nowMs: EpochMs,
): Told {
  const troubles = [...subjects].flatMap(([subject, standing]): [Subject, ToldTroubles][] => {
    const said = events.filter((event) => event.subject === subject)
    const next = troublesAfter(told.troubles[subject] ?? {}, standing, said, nowMs)
    return Object.keys(next).length === 0 ? [] : [[subject, next]]
  })
  const isQuiet = told.skew === undefined && skew?.severity === 'info'
  const isSaid = isQuiet || events.some(({ kind }) => kind === 'skew-changed')
  return { ...told, troubles: Object.fromEntries(troubles), ...(isSaid && skew ? { skew: skew.state } : {}) }
}

function troublesAfter(
  told: ToldTroubles,
  standing: readonly StandingTrouble[],
  said: readonly NotifyEvent[],
  nowMs: EpochMs,
): ToldTroubles {
  if (said.some(({ kind }) => kind === 'recovered')) return {}
  if (standing.length === 0) return told
  const next = standing.flatMap(({ kind, severity, reason }): [Trouble, ToldTrouble][] => {
    if (said.some((event) => event.kind === kind)) return [[kind, { severity, reason, atMs: nowMs }]]
    const before = told[kind]
    return before ? [[kind, { ...before, severity: milder(before.severity, severity) }]] : []
  })
  return Object.fromEntries(next)
}

function milder(a: Severity, b: Severity): Severity {
  return SEVERITIES.find((one) => one === a || one === b) ?? a
}

const isTrouble = shape<ToldTrouble>({
  severity: matching(new RegExp(`^(?:${SEVERITIES.join('|')})$`)),
  reason: isText,
  atMs: isMoment,
})

export const isTold: Guard = shape<Told>({
  troubles: mapOf(
    shape<ToldTroubles>({
      failed: optional(isTrouble),
      owed: optional(isTrouble),
      expiring: optional(isTrouble),
    }),
  ),
  skew: optional(isText),
  attempts: shape<Attempts>({ overall: listOf(isMoment), by: mapOf(listOf(isMoment)) }),
  undelivered: optional(isText),
})
