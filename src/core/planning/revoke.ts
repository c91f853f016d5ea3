/** Revocation that a person asks for: which of the kept certificates, and the plan of it. */

import type { EpochMs } from '../epoch-ms.ts'
import { KeyrollerError } from '../errors.ts'
import { certificateOf, type Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { isSerial, type ReadableSet } from '../kept-set.ts'
import type { Material } from '../material.ts'
import type { Step } from '../steps.ts'
import type { Plan } from './plan.ts'
import { revocable, revokeSteps } from './revoke-steps.ts'
import { healthStep } from './server-steps.ts'

/**
 * The kept certificates a person means: all that were replaced and are still valid, or one serial. Throws `kept-missing`,
 * with the serials there are.
 */
export function chooseRevocable(
  { id }: Material,
  observation: Observation,
  { serial, nowMs }: { readonly serial?: string; readonly nowMs: EpochMs },
): ReadableSet[] {
  const installed = certificateOf(observation.materials.get(id))
  if (serial !== undefined && installed && isSerial(installed, serial)) {
    const message = `${id}: expected a certificate that was replaced, found ${serial}, which is installed`
    throw new KeyrollerError('kept-missing', message, { hint: `keyroller renew --now ${id}, then revoke it` })
  }
  const kept = observation.kept.filter(({ material }) => material === id)
  const all = revocable(kept, observation, nowMs)
  const chosen = all.filter(({ certificate }) => serial === undefined || isSerial(certificate, serial))
  if (chosen.length > 0) return chosen
  const there = [...new Set(all.map(({ certificate }) => certificate.serial))].join(', ')
  const expected =
    serial === undefined ? 'a kept certificate that is still valid' : `serial ${serial} among those`
  throw new KeyrollerError('kept-missing', `${id}: expected ${expected}, found ${there || 'none'}`)
}

/** What is revoked can never be gone back to, so its copy goes along. */
export function planRevocation(
  config: HostConfig,
  material: Material,
  sets: readonly ReadableSet[],
  withKey: boolean,
): Plan {
  const { id } = material
  const serials = [...new Set(sets.map(({ certificate }) => certificate.serial))].join(', ')
  const steps: Step[] = [
    healthStep([id]),
    ...revokeSteps(config, sets, { withKey, loggedIn: new Set() }),
    {
      kind: 'prune',
      materials: [id],
      sets,
      unlessRevoked: sets.map(({ fileName }) => fileName),
      message: `remove what was kept of ${id} (serial ${serials}, revoked)`,
    },
  ]
  return { decisions: [], steps, settled: [], held: [] }
}
