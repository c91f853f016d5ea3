/** What a person asks of a keyset: a run for it alone, which does that first and then whatever is due. */

import type { PlanOptions } from '../core/deciding/decision.ts'
import type { AskedOrder } from '../core/keysets/order.ts'
import type { Keyset } from '../core/material.ts'
import { makePlan } from '../core/planning/plan.ts'
import type { RunResult } from '../core/run-events.ts'
import { actLocked } from './act-locked.ts'
import { observe } from './observing/observe.ts'
import type { RunRequest } from './request.ts'

export interface OrderRequest extends RunRequest {
  readonly keyset: Keyset
  /** Unset: only what is due. */
  readonly asked?: AskedOrder
}

/** Throws what stops a run before it has a plan; what is refused is in the result. */
export function orderRun(request: OrderRequest): Promise<RunResult> {
  const { config, host } = request
  return actLocked(request, (memory) => {
    const startedMs = host.clock()
    const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
    const plan = makePlan(config, observation, startedMs, orderOptions(request))
    return { memory, observation, plan, startedMs, verb: 'keyset' }
  })
}

/** Whoever asks waits for no backoff. */
export function orderOptions({ keyset, asked }: Pick<OrderRequest, 'keyset' | 'asked'>): PlanOptions {
  const { id } = keyset
  return { only: new Set([id]), force: true, ...(asked ? { order: { ...asked, material: id } } : {}) }
}
