/** The plan of a rollback: what was kept is installed through the same steps as a new certificate. Pure. */
import { consumerSteps } from './consumer-steps.ts'
import type { Decision } from './decision.ts'
import { formatMoment } from './duration.ts'
import type { Observation } from './facts.ts'
import type { ReadableSet } from './kept-set.ts'
import type { EpochMs, HostConfig, Paired } from './material.ts'
import { moveNotice } from './move-notice.ts'
import type { Plan } from './plan.ts'
import { pruneSteps } from './prune.ts'
import { adoptionNotice } from './replaced-files.ts'
import { heldUntil } from './rollback-hold.ts'
import { healthStep } from './server-steps.ts'
import { dueAt, fixedPlace } from './spread.ts'
import type { Step } from './steps.ts'

/** Nothing is asked of Vault but, for an identity, whether it still logs in: a host must never lock itself out. */
export function planRollback(
  config: HostConfig,
  observation: Observation,
  { material, set }: { readonly material: Paired; readonly set: ReadableSet },
  nowMs: EpochMs,
): Plan {
  const { id, renewAt } = material
  const place = fixedPlace(observation.hostId, id)
  const dueAtMs = dueAt(set.certificate, renewAt, config.renewal.spread, place)
  const decision: Decision = {
    kind: 'restore',
    material: id,
    reason: 'rollback',
    serial: set.certificate.serial,
    message: describe(set, heldUntil(set.certificate, dueAtMs), nowMs),
  }
  const only = new Set([id])
  const { steps: consumers, settled } = consumerSteps(config, observation, only, only)
  const notices = [
    moveNotice([decision], observation, config),
    adoptionNotice([decision], observation, config),
  ]
  const install = [`install ${id} as it was kept`, ...notices.filter((notice) => notice !== undefined)]
  const steps: Step[] = [
    { kind: 'preflight', materials: [id], message: 'write and read back where files will go' },
    ...(material.kind === 'identity' ? proveSteps(material) : []),
    { kind: 'install', materials: [id], message: install.join('; ') },
    ...consumers,
    // What is to be revoked before it is removed is left to the next run: a way back must not wait for Vault.
    ...(config.previous.revoke === 'no' ? pruneSteps(config, observation, [decision], nowMs) : []),
  ]
  return { decisions: [decision], steps, settled }
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
