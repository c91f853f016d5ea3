/** What somebody should be told now: the difference between what was told and what stands. */
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { NotifyLimits } from './config.ts'
import { isWorse, type NotifyEvent, type Subject } from './event.ts'
import type { Standing, StandingTrouble } from './standing.ts'
import { type Told, type ToldTrouble, withinHour } from './told.ts'

/**
 * A trouble that began or got worse, one `recovered` when nothing stands of all that was told of a material, and a skew that
 * is another. What the limits hold back is not lost: it is found again while it lasts.
 */
export function findChanges(
  told: Told,
  standing: Standing,
  limits: NotifyLimits,
  nowMs: EpochMs,
): NotifyEvent[] {
  const { overall, by } = told.attempts
  if (withinHour(overall, nowMs).length >= limits.overall) return []
  const isAllowed = ({ subject }: NotifyEvent) => withinHour(by[subject], nowMs).length < limits.perMaterial
  const ofSubjects = [...standing.subjects].flatMap(([subject, troubles]) =>
    changesOf(subject, told, troubles),
  )
  return [...ofSubjects, ...skewChange(told, standing)].filter(isAllowed)
}

function changesOf(subject: Subject, told: Told, troubles: readonly StandingTrouble[]): NotifyEvent[] {
  const before = told.troubles[subject] ?? {}
  if (troubles.length === 0) return recovery(subject, Object.entries(before))
  return troubles.filter(({ kind, severity }) => {
    const known = before[kind]
    return known === undefined || isWorse(severity, known.severity)
  })
}

function recovery(subject: Subject, over: readonly [string, ToldTrouble][]): NotifyEvent[] {
  const [first] = over
  if (!first) return []
  const was = over.map(([kind, { reason, atMs }]) => `${kind} (${reason}) since ${formatMoment(atMs)}`)
  return [
    {
      kind: 'recovered',
      subject,
      severity: 'info',
      reason: first[1].reason,
      message: `over: ${was.join(', ')}`,
    },
  ]
}

function skewChange(told: Told, { skew }: Standing): NotifyEvent[] {
  if (!skew || skew.state === told.skew) return []
  if (told.skew === undefined && skew.severity === 'info') return []
  const { state: _, ...event } = skew
  return [{ kind: 'skew-changed', ...event }]
}
