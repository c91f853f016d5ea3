/** The steps around the proof of an identity whose mapping trusts its certificate alone: in beside the old, then alone again. */
import type { Decision } from '../deciding/decision.ts'
import { formatMoment } from '../duration.ts'
import type { HostConfig } from '../host-config.ts'
import type { Identity, MaterialId } from '../material.ts'
import type { RunMemory } from '../memory.ts'
import type { Step } from '../steps.ts'
import { mappingPath } from './pinned.ts'

/** For those that are renewed. */
export function pinSteps(identities: readonly Identity[]): Step[] {
  return identities.filter(pinsCertificate).map((identity) => ({
    kind: 'pin',
    material: identity.id,
    message: `add the new certificate of ${identity.id} to ${mappingPath(identity)}, beside the old one`,
  }))
}

export function unpinSteps(identities: readonly Identity[], { materials }: RunMemory): Step[] {
  return identities.map((identity) => {
    const { widenedAtMs } = materials[identity.id] ?? {}
    const since = widenedAtMs === undefined ? '' : `, there since ${formatMoment(widenedAtMs)} or before`
    const message = `remove what is old of ${identity.id} from ${mappingPath(identity)}${since}`
    return { kind: 'unpin', material: identity.id, message }
  })
}

/** Those renewed now, and those of which an earlier run left more in the mapping than the certificate on disk. */
export function identitiesToUnpin(
  { materials }: HostConfig,
  decided: ReadonlyMap<MaterialId, Decision>,
  memory: RunMemory,
): Identity[] {
  const identities = materials.filter((material) => material.kind === 'identity')
  return identities.filter(pinsCertificate).filter(({ id }) => {
    const decision = decided.get(id)
    if (decision?.kind === 'renew') return true
    return memory.materials[id]?.widenedAtMs !== undefined && decision !== undefined && canLogIn(decision)
  })
}

function pinsCertificate({ mappingPins }: Identity): boolean {
  return mappingPins === 'certificate'
}

/** Of what is held, only what merely waits has a sound pair. */
function canLogIn({ kind, reason }: Decision): boolean {
  return kind !== 'hold' || reason === 'backing-off' || reason === 'outside-window'
}
