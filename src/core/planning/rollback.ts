/** The plan of a rollback: what was kept is installed through the same steps as a new certificate. Pure. */

import type { Decision } from '../deciding/decision.ts'
import { heldUntil } from '../deciding/rollback-hold.ts'
import { dueAt, fixedPlace } from '../deciding/spread.ts'
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { ReadableSet } from '../kept-set.ts'
import type { Paired } from '../material.ts'
import { nameSome } from '../name-some.ts'
import type { Step } from '../steps.ts'
import { consumerSteps } from './consumer-steps.ts'
import { moveNotice } from './move-notice.ts'
import type { Plan } from './plan.ts'
import { pruneSteps } from './prune.ts'
import { adoptionNotice } from './replaced-files.ts'
import { healthStep } from './server-steps.ts'

/** Nothing is asked of Vault but, for an identity, whether it still logs in: a host must never lock itself out. */
export function planRollback(
  config: HostConfig,
  observation: Observation,
  { material, set }: Restore,
  nowMs: EpochMs,
): Plan {
  const { id } = material
  const decision = restoreDecision(config, observation, { material, set }, nowMs)
  const only = new Set([id])
  const { steps: consumers, settled, held } = consumerSteps(config, observation, { changed: only, only })
  const steps: Step[] = [
    ...restoreSteps(config, observation, [material], [decision]),
    ...consumers,
    // What is to be revoked before it is removed is left to the next run: a way back must not wait for Vault.
    ...(config.previous.revoke === 'no' ? pruneSteps(config, observation, [decision], nowMs) : []),
  ]
  return { decisions: [decision], steps, settled, held }
}

/** A way back: what is installed again, and of which material. */
export interface Restore {
  readonly material: Paired
  readonly set: ReadableSet
}

export function restoreDecision(
  config: HostConfig,
  observation: Observation,
  { material, set }: Restore,
  nowMs: EpochMs,
): Decision {
  return {
    kind: 'restore',
    material: material.id,
    reason: 'rollback',
    serial: set.certificate.serial,
    message: describe(set, restoredUntil(config, observation, { material, set }), nowMs),
  }
}

/**
 * Whether it stays once it is installed again. A run must not go back by itself to what the next one renews at once: the two
 * would take turns, with a certificate issued every time.
 */
export function isLasting(
  config: HostConfig,
  observation: Observation,
  restore: Restore,
  nowMs: EpochMs,
): boolean {
  return nowMs < restoredUntil(config, observation, restore)
}

function restoredUntil(config: HostConfig, observation: Observation, { material, set }: Restore): EpochMs {
  const place = fixedPlace(observation.hostId, material.id)
  return heldUntil(set.certificate, dueAt(set.certificate, material.renewAt, config.renewal.spread, place))
}

/** Identities log in with the kept pair first; then everything is installed in one switch. */
export function restoreSteps(
  config: HostConfig,
  observation: Observation,
  materials: readonly Paired[],
  decisions: readonly Decision[],
): Step[] {
  const ids = materials.map(({ id }) => id)
  const notices = [moveNotice(decisions, observation, config), adoptionNotice(decisions, observation, config)]
  const install = [
    `install ${nameSome(ids)} as it was kept`,
    ...notices.filter((notice) => notice !== undefined),
  ]
  return [
    { kind: 'preflight', materials: ids, message: 'write and read back where files will go' },
    ...materials.filter(({ kind }) => kind === 'identity').flatMap(proveSteps),
    { kind: 'install', materials: ids, message: install.join('; ') },
  ]
}

function proveSteps({ id }: Paired): Step[] {
  return [healthStep([id]), { kind: 'prove', material: id, message: `log in with the kept pair of ${id}` }]
}

function describe({ certificate, keptAtMs }: ReadableSet, untilMs: EpochMs, nowMs: EpochMs): string {
  const { serial, notAfterMs } = certificate
  const forward =
    nowMs < untilMs
      ? `stays until ${formatMoment(untilMs)} or keyroller renew --now`
      : 'is in the last tenth of its life, so the next run renews it'
  return `serial ${serial} until ${formatMoment(notAfterMs)}, replaced at ${formatMoment(keptAtMs)}; ${forward}`
}
