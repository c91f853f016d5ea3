/** Back to files that were kept: a run like any other, but what it installs comes from the store and not from Vault. */
import { chooseKept } from '../core/choose-kept.ts'
import { KeyrollerError } from '../core/errors.ts'
import { pairFactsOf } from '../core/facts.ts'
import { holdUnjudgeable } from '../core/hold.ts'
import type { Identity, Paired } from '../core/material.ts'
import { mappingPath } from '../core/pinned.ts'
import { planRollback } from '../core/rollback.ts'
import { UNREAD } from '../core/rollback-hold.ts'
import type { RunResult } from '../core/run-events.ts'
import { actLocked } from './act-locked.ts'
import type { MemoryStore } from './memory-store.ts'
import { observe } from './observe.ts'
import type { RunRequest, Situation } from './request.ts'
import { restoreKept } from './restore-kept.ts'

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
  return actLocked(request, (memory) => findWayBack(request, memory))
}

function findWayBack({ config, host, material, to }: RollbackRequest, memory: MemoryStore): Situation {
  const { id } = material
  if (material.ephemeral) {
    const found = 'an ephemeral material, of which nothing is kept: its keys must never reach a disk'
    throw new KeyrollerError('kept-missing', `${id}: expected a kept set, found ${found}`)
  }
  if (material.kind === 'identity' && material.mappingPins === 'certificate') throw pinnedAway(material)
  const startedMs = host.clock()
  const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
  const facts = pairFactsOf(observation, material)
  const hold = holdUnjudgeable(material, facts)
  if (hold) throw new KeyrollerError(hold.fault, `${id}: ${hold.message}`)
  const installed = facts.leaf.certificate
  const set = chooseKept({ material: id, kept: observation.kept, installed, ...(to ? { to } : {}) })
  const kept = restoreKept(material, set, { config, host, nowMs: startedMs })
  const remember = { rolledBackFrom: installed?.serial ?? UNREAD }
  const plan = planRollback(config, observation, { material, set }, startedMs)
  return { memory, observation, plan, startedMs, restored: new Map([[id, { ...kept, remember }]]) }
}

/** Its mapping trusts the certificate that is installed and no other, so what was kept could not be proved. */
function pinnedAway(identity: Identity): KeyrollerError {
  const found = `mapping_pins = "certificate": ${mappingPath(identity)} trusts what is installed alone`
  return new KeyrollerError(
    'kept-unfit',
    `${identity.id}: expected a mapping that trusts an authority, found ${found}`,
    {
      hint: `keyroller renew --now ${identity.id} makes a new pair, and brings it into the mapping`,
    },
  )
}
