/** Break-glass: once the control plane answers again, caches that no key of today has signed go, and consumers start anew. */
import { mayRestart, type ReloadTarget } from '../consumers/target.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { Keyset } from '../material.ts'
import { nameSome } from '../name-some.ts'
import type { Step } from '../steps.ts'
import { serveCheckStep } from './consumer-steps.ts'
import { makePlan, type Plan } from './plan.ts'
import { byOrder } from './tell-waves.ts'

/** The files are seen to first: what starts must find the version in use. What holds that back holds back all of it. */
export function planKeysetRecovery(
  config: HostConfig,
  observation: Observation,
  keyset: Keyset,
  nowMs: EpochMs,
): Plan {
  const { id, probes } = keyset
  const plan = makePlan(config, observation, nowMs, { only: new Set([id]), force: true })
  if (plan.decisions.some(({ kind }) => kind === 'hold')) return { ...plan, steps: [] }
  const message = messageOf(keyset)
  return {
    ...plan,
    decisions: [{ kind: 'recover', material: id, reason: 'break-glass', message }],
    steps: [
      ...reachSteps(keyset),
      ...plan.steps.filter(({ kind }) => kind !== 'reload' && kind !== 'serve-check'),
      clearStep(keyset),
      ...keyset.reload.toSorted(byOrder).map((target) => startAnew(target, keyset)),
      ...(probes.length > 0 ? [serveCheckStep(keyset)] : []),
    ],
  }
}

function messageOf({ staleFiles, reload }: Keyset): string {
  const gone = staleFiles.length > 0 ? `removes ${nameSome(staleFiles)}` : 'removes nothing'
  const told = reload.length > 0 ? nameSome(reload.map(({ text }) => text)) : 'nobody'
  return `${gone}, then restarts ${told}`
}

function reachSteps({ id, controlPlane }: Keyset): Step[] {
  if (!controlPlane) return []
  const name = controlPlane.kind === 'vault' ? 'Vault' : controlPlane.url
  return [{ kind: 'reach', material: id, message: `see that the control plane answers: ${name}` }]
}

function clearStep({ id, staleFiles }: Keyset): Step {
  const what = staleFiles.length > 0 ? nameSome(staleFiles) : 'nothing, no stale_files are configured'
  return { kind: 'clear', material: id, paths: staleFiles, message: `remove ${what}` }
}

/** What may not be restarted is told: the step before has made it news to it, and did not if it failed. */
function startAnew(target: ReloadTarget, { id }: Keyset): Step {
  const materials = [id]
  if (mayRestart(target)) return { kind: 'restart', target, materials, message: `restart ${target.text}` }
  return { kind: 'reload', target, materials, message: `tell ${target.text}, which may not be restarted` }
}
