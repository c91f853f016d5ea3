/** What a rollback installs: the set that was kept, judged by how things are now. */

import { holdUnjudgeable } from '../../core/deciding/hold.ts'
import { UNREAD } from '../../core/deciding/rollback-hold.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { type Observation, pairFactsOf } from '../../core/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { ReadableSet } from '../../core/kept-set.ts'
import type { Identity, Paired } from '../../core/material.ts'
import { chooseKept } from '../../core/planning/choose-kept.ts'
import { mappingPath } from '../../core/planning/pinned.ts'
import type { IssuedSet } from '../context.ts'
import type { Host } from '../host.ts'
import { observe } from '../observing/observe.ts'
import { restoreKept } from '../previous/restore-kept.ts'
import type { MemoryStore } from '../recording/memory-store.ts'

export interface WayBack extends IssuedSet {
  readonly set: ReadableSet
  readonly observation: Observation
}

/**
 * Looks at the host as it is at this moment. `to` is a serial; unset: the one before what is installed. Throws `kept-missing`
 * and `kept-unfit` with nothing touched, and what makes a material unjudgeable.
 */
export function findWayBack(
  { material, to }: { readonly material: Paired; readonly to?: string },
  {
    config,
    host,
    memory,
  }: { readonly config: HostConfig; readonly host: Host; readonly memory: MemoryStore },
): WayBack {
  const { id } = material
  if (material.ephemeral) {
    const found = 'an ephemeral material, of which nothing is kept: its keys must never reach a disk'
    throw new KeyrollerError('kept-missing', `${id}: expected a kept set, found ${found}`)
  }
  if (material.kind === 'identity' && material.mappingPins === 'certificate') throw pinnedAway(material)
  const nowMs = host.clock()
  const observation = observe({ config, host, memory: memory.current(), nowMs })
  const facts = pairFactsOf(observation, material)
  const hold = holdUnjudgeable(material, facts)
  if (hold) throw new KeyrollerError(hold.fault, `${id}: ${hold.message}`)
  const installed = facts.leaf.certificate
  const set = chooseKept({ material: id, kept: observation.kept, installed, ...(to ? { to } : {}) })
  const kept = restoreKept(material, set, { config, host, nowMs })
  return { ...kept, set, observation, remember: { rolledBackFrom: installed?.serial ?? UNREAD } }
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
