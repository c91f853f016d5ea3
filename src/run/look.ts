/** A look at the host without the lock: what `plan`, `status` and `verify` show. Changes nothing. */
import type { PlanOptions } from '../core/decide.ts'
import type { Observation } from '../core/facts.ts'
import type { HostConfig } from '../core/material.ts'
import type { RunMemory } from '../core/memory.ts'
import { makePlan, type Plan } from '../core/plan.ts'
import type { Host } from './host.ts'
import { openMemory } from './memory-store.ts'
import { observe } from './observe.ts'

export interface LookResult {
  readonly plan: Plan
  readonly observation: Observation
  readonly memory: RunMemory
  readonly nowMs: number
}

export function look(config: HostConfig, host: Host, options: PlanOptions): LookResult {
  const memory = openMemory(config.stateDir).current()
  const nowMs = host.clock()
  const observation = observe({ config, host, memory, nowMs })
  return { plan: makePlan(config, observation, nowMs, options), observation, memory, nowMs }
}
