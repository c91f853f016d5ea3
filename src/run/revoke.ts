/** Certificates that were replaced are revoked because a person asks for it: a run of its own. */
import type { Material } from '../core/material.ts'
import { chooseRevocable, planRevocation } from '../core/planning/revoke.ts'
import type { RunResult } from '../core/run-events.ts'
import { actLocked } from './act-locked.ts'
import { observe } from './observing/observe.ts'
import type { MemoryStore } from './recording/memory-store.ts'
import type { RunRequest, Situation } from './request.ts'

export interface RevokeRequest extends RunRequest {
  readonly material: Material
  /** Unset: every kept certificate that is still valid. */
  readonly serial?: string
  /** Prove possession of the key instead of needing the right to revoke any certificate. */
  readonly withKey: boolean
}

/** Throws `kept-missing`, and what stops a run before it has a plan; what Vault says is in the result. */
export function revoke(request: RevokeRequest): Promise<RunResult> {
  return actLocked(request, (memory) => findRevocable(request, memory))
}

function findRevocable(request: RevokeRequest, memory: MemoryStore): Situation {
  const { config, host, material, serial, withKey } = request
  const nowMs = host.clock()
  const observation = observe({ config, host, memory: memory.current(), nowMs })
  const sets = chooseRevocable(material, observation, { nowMs, ...(serial === undefined ? {} : { serial }) })
  const plan = planRevocation(config, material, sets, withKey)
  return { memory, observation, plan, startedMs: nowMs, verb: 'revoke' }
}
