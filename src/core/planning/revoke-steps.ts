/** The steps by which certificates that were replaced are revoked. */

import type { EpochMs } from '../epoch-ms.ts'
import { certificateOf, type Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { isReadable, type KeptSet, type ReadableSet } from '../kept-set.ts'
import { type Identity, isPaired, loginOf, type MaterialId, type Paired } from '../material.ts'
import type { Step } from '../steps.ts'
import { healthStep, loginStep } from './server-steps.ts'

/**
 * What is to be pruned, with its certificates revoked before where the configuration says so. What could not be revoked stays,
 * with the key that may be needed for it, and the next run tries again. Of a material that is configured no longer nobody knows
 * a login: its copies only go.
 */
export function revokedFirst(
  config: HostConfig,
  observation: Observation,
  prune: readonly Step[],
  { planned, nowMs }: { readonly planned: readonly Step[]; readonly nowMs: EpochMs },
): Step[] {
  const [step] = prune
  if (config.previous.revoke === 'no' || step?.kind !== 'prune') return [...prune]
  const configured = new Set(config.materials.map(({ id }) => id))
  const sets = revocable(step.sets, observation, nowMs).filter(({ material }) => configured.has(material))
  if (sets.length === 0) return [...prune]
  const materials = [...new Set(sets.map(({ material }) => material))]
  const loggedIn = new Set(
    planned.flatMap((one) =>
      one.kind === 'login' ? [one.identity] : one.kind === 'enrol' ? [one.material] : [],
    ),
  )
  return [
    ...(planned.some(({ kind }) => kind === 'health') ? [] : [healthStep(materials)]),
    ...revokeSteps(config, sets, { withKey: config.previous.revoke === 'own-key', loggedIn }),
    { ...step, unlessRevoked: sets.map(({ fileName }) => fileName) },
  ]
}

/** What is replaced and would still be believed; never what is installed, whatever else is kept of it. */
export function revocable(
  sets: readonly KeptSet[],
  { materials }: Observation,
  nowMs: EpochMs,
): ReadableSet[] {
  const installed = new Set(
    [...materials.values()]
      .map((facts) => certificateOf(facts)?.serial)
      .filter((serial) => serial !== undefined),
  )
  return sets.filter(isReadable).filter(({ certificate }) => {
    return certificate.notAfterMs > nowMs && !installed.has(certificate.serial)
  })
}

/** A login for each identity that has none in this run, then one step a material. */
export function revokeSteps(
  { materials }: HostConfig,
  sets: readonly ReadableSet[],
  { withKey, loggedIn }: { readonly withKey: boolean; readonly loggedIn: ReadonlySet<MaterialId> },
): Step[] {
  const configured = new Map(materials.filter(isPaired).map((material) => [material.id, material]))
  const known = sets.flatMap((set) => {
    const material = configured.get(set.material)
    return material ? [{ set, material }] : []
  })
  const needed = new Set(known.map(({ material }) => loginOf(material)))
  const logins = materials.filter((one): one is Identity => one.kind === 'identity' && needed.has(one.id))
  return [
    ...logins.filter(({ id }) => !loggedIn.has(id)).map((identity) => loginFor(identity, known)),
    ...Map.groupBy(known, ({ material }) => material.id)
      .entries()
      .map(([id, all]) =>
        revokeStep(
          id,
          all.map(({ set }) => set),
          withKey,
        ),
      ),
  ]
}

interface KnownSet {
  readonly set: ReadableSet
  readonly material: Paired
}

function loginFor(identity: Identity, known: readonly KnownSet[]): Step {
  const dependants = known.filter(({ material }) => loginOf(material) === identity.id)
  return loginStep(identity, [...new Set(dependants.map(({ material }) => material.id))])
}

function revokeStep(material: MaterialId, sets: readonly ReadableSet[], withKey: boolean): Step {
  const serials = [...new Set(sets.map(({ certificate }) => certificate.serial))].join(', ')
  const how = withKey ? ', with its key' : ''
  return {
    kind: 'revoke',
    material,
    sets,
    withKey,
    message: `revoke what was replaced of ${material}: ${serials}${how}`,
  }
}
