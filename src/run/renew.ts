/** One run: lock, recover, observe, plan, act, report. Everything keyroller does by timer goes through here. */
import type { HostConfig, MaterialId } from '../core/material.ts'
import { makePlan } from '../core/plan.ts'
import type { RunListener, RunResult } from '../core/run-events.ts'
import { exitOfRun } from '../core/run-exit.ts'
import { ensureOwnDirectory } from '../files/own-file.ts'
import type { Host } from './host.ts'
import { takeLock } from './lock.ts'
import { openMemory } from './memory-store.ts'
import { observe } from './observe.ts'
import { recover } from './recover.ts'

export interface RenewRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly only?: ReadonlySet<MaterialId>
  readonly force: boolean
  readonly lockWaitMs: number
  /** Aborted from outside, by SIGTERM or SIGINT. */
  readonly signal: AbortSignal
  readonly listener: RunListener
}

/** Throws what stops a run before it has a plan (lock, state directory); everything later is an outcome. */
export async function renew(request: RenewRequest): Promise<RunResult> {
  const { config, host, listener } = request
  ensureOwnDirectory(config.runtimeDir, 0o755, host.uid)
  ensureOwnDirectory(config.stateDir, 0o700, host.uid)
  const unlock = await takeLock(config.runtimeDir, { ms: request.lockWaitMs, signal: request.signal })
  try {
    const result = await run(request)
    listener.ended(result)
    return result
  } finally {
    unlock()
  }
}

async function run(request: RenewRequest): Promise<RunResult> {
  const { config, host, listener, only, force } = request
  const memory = openMemory(config.stateDir)
  if (memory.rebuilt !== undefined) listener.noted(`memory begun anew: ${memory.rebuilt}`)
  listener.recovered(await recover(config, memory))
  const startedMs = host.clock()
  const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
  const plan = makePlan(config, observation, startedMs, { force, ...(only ? { only } : {}) })
  listener.planned(plan)
  if (plan.steps.length + plan.settled.length === 0) {
    return { plan, outcomes: [], startedMs, endedMs: host.clock(), exit: exitOfRun([], plan.decisions) }
  }
  // Everything that acts is imported only now: a run with nothing due must not pay for it.
  const { act } = await import('./act.ts')
  return act(request, { memory, observation, plan, startedMs })
}
