/** Whether an identity may be enrolled: never by guess, and never over a pair that is there unless that is asked for. */

import { judgeRenewal } from '../deciding/renewal.ts'
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { KeyrollerError } from '../errors.ts'
import type { PairFacts } from '../facts.ts'
import type { Identity, Material } from '../material.ts'
import { selectMaterials } from '../select.ts'

/** The identity a name means. Throws `material-unknown`, with the identities there are. */
export function identityToEnrol(name: string, materials: readonly Material[]): Identity {
  const identities = materials.filter((material) => material.kind === 'identity')
  const [id] = selectMaterials([name], identities) ?? []
  const identity = identities.find((one) => one.id === id)
  if (!identity) throw new Error(`${name} was selected and is not there`)
  return identity
}

/**
 * Throws `already-enrolled` when anything of a pair is there and no repair was asked for: what Vault thinks of a pair, and
 * what else hangs on it, only an operator knows.
 */
export function refuseSecondEnrolment(
  identity: Identity,
  facts: PairFacts,
  nowMs: EpochMs,
  isRepair: boolean,
): void {
  if (isRepair || (facts.key.state === 'missing' && facts.leaf.state === 'missing')) return
  const found = diagnose(identity, facts, nowMs)
  throw new KeyrollerError(
    'already-enrolled',
    `${identity.id}: expected no pair yet, found ${found.message}`,
    {
      hint: found.isSound
        ? `keyroller renew --now ${identity.id}; when Vault refuses the pair, keyroller enroll --repair`
        : `keyroller enroll --repair ${identity.id}, with a new secret`,
    },
  )
}

/** What the host itself can tell of a pair; a mapping that is gone or a name that is not allowed only Vault knows. */
function diagnose(identity: Identity, facts: PairFacts, nowMs: EpochMs) {
  const verdict = judgeRenewal({ material: identity, facts, nowMs, dueAtMs: undefined, forced: false })
  if (verdict) return { isSound: false, message: `one that is of no use: ${verdict.message}` }
  const { certificate } = facts.leaf
  if (certificate && nowMs < certificate.notBeforeMs) {
    const from = formatMoment(certificate.notBeforeMs)
    return { isSound: false, message: `one that is not valid before ${from}: compare the clocks` }
  }
  const until = certificate ? `, valid until ${formatMoment(certificate.notAfterMs)}` : ''
  return { isSound: true, message: `one with serial ${certificate?.serial ?? 'unknown'}${until}` }
}
