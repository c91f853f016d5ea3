/** Tells whom it concerns what has changed since they were told last. A run that changes nothing says nothing. */
import { standingOf } from '../../core/notify/standing.ts'
import type { LookResult } from '../observing/look.ts'
import type { RunRequest } from '../request.ts'
import { statuses } from '../statuses.ts'
import { channelsOf } from './channel.ts'
import { type Occasion, planTellings, recordOf } from './plan-tellings.ts'
import { isSame, readTold } from './told-file.ts'

/**
 * What a channel did not take is a note. Needs the host lock when there is something to tell; what tells is loaded then. Throws
 * `run-locked`, and `state-failed`; nobody was told then, since a word that nobody remembers would be repeated by every run.
 */
export async function tellChanges(request: RunRequest, seen: LookResult): Promise<void> {
  const { config, host } = request
  const { memory, interrupted, nowMs } = seen
  const all = statuses(config, seen)
  const occasion: Occasion = {
    channels: channelsOf(config.notify, host),
    standing: standingOf({ statuses: all, interrupted, memory, version: host.version, nowMs }),
    limits: config.notify.limits,
    nowMs,
  }
  const record = readTold(config.stateDir)
  if (isSame(recordOf(planTellings(record, occasion)), record)) return
  const { tellLocked } = await import('./tell-locked.ts')
  await tellLocked(request, occasion)
}
