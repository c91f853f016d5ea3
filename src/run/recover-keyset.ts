/** Break-glass for a keyset because somebody asks for it: a run of its own. */
import type { Keyset } from '../core/material.ts'
import { planKeysetRecovery } from '../core/planning/recover-keyset.ts'
import type { RunResult } from '../core/run-events.ts'
import { actLocked } from './act-locked.ts'
import { observe } from './observing/observe.ts'
import type { RunRequest } from './request.ts'

export interface KeysetRecoveryRequest extends RunRequest {
  readonly keyset: Keyset
}

/** Throws what stops a run before it has a plan; what is refused is in the result. */
export function recoverKeyset(request: KeysetRecoveryRequest): Promise<RunResult> {
  const { config, host, keyset } = request
  return actLocked(request, (memory) => {
    const startedMs = host.clock()
    const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
    const plan = planKeysetRecovery(config, observation, keyset, startedMs)
    return { memory, observation, plan, startedMs, verb: 'keyset' }
  })
}
