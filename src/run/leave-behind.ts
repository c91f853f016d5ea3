/** What a run leaves for others, whatever it did: metrics, word to whoever is to be told, the card of its host. None of it fails a run. */
import { toFault } from '../core/errors.ts'
import type { RunResult } from '../core/run-events.ts'
import { notifyOf } from './notify-of.ts'
import type { LookResult } from './observing/look.ts'
import type { RunRequest } from './request.ts'

export interface After {
  /** The run had nothing to do. */
  readonly isIdle: boolean
  /** Asked only when somebody wants to know; undefined where the run could not look. */
  readonly seen: () => LookResult | undefined | Promise<LookResult>
}

export async function leaveBehind(request: RunRequest, result: RunResult, after: After): Promise<void> {
  await leaveMetrics(request, result, after)
  await notifyOf(request, after, after.seen)
  await leaveCard(request, result)
}

/** By every run, so that a stopped roller looks different from a healthy one. */
async function leaveMetrics(request: RunRequest, result: RunResult, { seen }: After): Promise<void> {
  const { config, host, listener } = request
  if (config.metricsFile === undefined) return
  try {
    const { renderMetrics, saveMetrics } = await import('./recording/metrics.ts')
    const look = await seen()
    if (look) saveMetrics(config.metricsFile, renderMetrics(config, host, look, result))
  } catch (error) {
    listener.noted(toFault(error).message)
  }
}

/** By every run that has something new to tell, and every so often, so that a host that fell silent shows. */
async function leaveCard(request: RunRequest, result: RunResult): Promise<void> {
  const { fleet } = request.config
  if (!fleet?.card) return
  const card = await import('./fleet/leave-card.ts')
  const missed = await card.leaveCard(request, fleet, fleet.card, result)
  if (missed !== undefined) request.listener.noted(missed)
}
