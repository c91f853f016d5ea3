/** A look at the host without the lock: what `plan`, `status` and `verify` show. Changes nothing. */
import type { PlanOptions } from '../../core/deciding/decision.ts'
import type { Observation } from '../../core/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { RunMemory } from '../../core/memory.ts'
import { makePlan, type Plan } from '../../core/planning/plan.ts'
import { readJournal } from '../../files/switching/journal.ts'
import type { Host } from '../host.ts'
import { openMemory } from '../recording/memory-store.ts'
import { observe } from './observe.ts'

export interface LookResult {
  readonly plan: Plan
  readonly observation: Observation
  readonly memory: RunMemory
  readonly nowMs: number
  /** A switch that was cut off; the next run finishes or undoes it before it plans. */
  readonly interrupted: boolean
}

export function look(config: HostConfig, host: Host, options: PlanOptions): LookResult {
  const memory = openMemory(config.stateDir).current()
  const nowMs = host.clock()
  const observation = observe({ config, host, memory, nowMs })
  const interrupted = readJournal(config.stateDir) !== undefined
  return { plan: makePlan(config, observation, nowMs, options), observation, memory, nowMs, interrupted }
}

/** For people, before everything else: what is seen below it is half old, half new. */
export function interruptedLines({ interrupted }: LookResult): string[] {
  return interrupted ? ['a switch of files was cut off: keyroller renew finishes or undoes it first', ''] : []
}
