import type { EpochMs } from '../epoch-ms.ts'
import { findChanges } from './changes.ts'
import type { NotifyLimits } from './config.ts'
import type { NotifyEvent } from './event.ts'
import type { Standing } from './standing.ts'
import { continueTold, countAttempt, type Told } from './told.ts'

/** One message on one channel; without events there is none. */
export interface Telling {
  readonly events: readonly NotifyEvent[]
  /** To be on disk before the message goes out: with the attempt counted, a run that is killed cannot tell without end. */
  readonly told: Told
}

export function planTelling(told: Told, standing: Standing, limits: NotifyLimits, nowMs: EpochMs): Telling {
  const events = findChanges(told, standing, limits, nowMs)
  const quiet = continueTold(told, standing, [], nowMs)
  return { events, told: events.length === 0 ? quiet : countAttempt(quiet, events, nowMs) }
}

/** What is known once the message was taken. */
export function delivered({ told, events }: Telling, standing: Standing, nowMs: EpochMs): Told {
  const { undelivered: _, ...after } = continueTold(told, standing, events, nowMs)
  return after
}
