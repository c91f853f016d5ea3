/** Back to files that were kept: a run like any other, but what it installs comes from the store and not from Vault. */
import type { Paired } from '../core/material.ts'
import { planRollback } from '../core/planning/rollback.ts'
import type { RunResult } from '../core/run-events.ts'
import { actLocked } from './act-locked.ts'
import { findWayBack } from './consumers/way-back.ts'
import type { RunRequest } from './request.ts'

export interface RollbackRequest extends RunRequest {
  readonly material: Paired
  /** Serial to go back to; unset: the one before what is installed. */
  readonly to?: string
}

/**
 * Everything that was met once there was a plan is in the result. Throws `kept-missing` and `kept-unfit` with nothing
 * touched, what makes a material unjudgeable, and what stops a run before it has a plan.
 */
export function rollback(request: RollbackRequest): Promise<RunResult> {
  const { config, host, material } = request
  return actLocked(request, (memory) => {
    const startedMs = host.clock()
    const { set, observation, ...restored } = findWayBack(request, { config, host, memory })
    const plan = planRollback(config, observation, { material, set }, startedMs)
    return {
      memory,
      observation,
      plan,
      startedMs,
      verb: 'rollback',
      restored: new Map([[material.id, restored]]),
    }
  })
}
