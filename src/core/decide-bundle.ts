import type { Decision, DecisionInput } from './decision.ts'
import { bundleFactsOf } from './facts.ts'
import { holdBackingOff, holdUnjudgeable } from './hold.ts'
import { type Bundle, type HostConfig, isPaired } from './material.ts'
import { judgeRefresh, lookAt } from './refresh.ts'
import { keepMessage, repairOrKeep } from './repair-or-keep.ts'

/** A bundle is looked at when its time has come or something is wrong with it; files that only drifted are mended. */
export function decideBundle(
  bundle: Bundle,
  { config, observation, nowMs, options }: DecisionInput,
): Decision {
  const facts = bundleFactsOf(observation, bundle)
  const memory = observation.memory.materials[bundle.id]
  const dueAtMs = lookAt(bundle, memory, nowMs, config.renewal.lookEveryMs)
  const when = dueAtMs === undefined ? {} : { dueAtMs }
  const unjudgeable = holdUnjudgeable(bundle, facts)
  if (unjudgeable) return { ...unjudgeable, ...when }
  const verdict = judgeRefresh({ bundle, facts, memory, nowMs, dueAtMs, forced: options.force })
  if (verdict) {
    const hold = options.force ? undefined : holdBackingOff(bundle, memory?.failure, nowMs)
    return { ...(hold ?? { kind: 'refresh', material: bundle.id, ...verdict }), ...when }
  }
  const kept = { reason: 'current', message: keepMessage(dueAtMs, nowMs) } as const
  return { ...repairOrKeep(bundle, facts, kept), ...when }
}

/** What a mount signs with may be new: its bundle is looked at first, so that nothing here uses what it does not hold yet. */
export function refreshBeforeRenewals({ materials }: HostConfig, decisions: readonly Decision[]): Decision[] {
  const renewed = new Set(decisions.flatMap(({ kind, material }) => (kind === 'renew' ? [material] : [])))
  const signing = new Set(
    materials.filter(isPaired).flatMap(({ id, issuance }) => (renewed.has(id) ? [issuance.pkiMount] : [])),
  )
  const behind = new Map(
    materials.flatMap((one) =>
      one.kind === 'bundle' && one.source.kind === 'mount' && signing.has(one.source.pkiMount)
        ? [[one.id, one.source.pkiMount] as const]
        : [],
    ),
  )
  return decisions.map((decision) => {
    const mount = behind.get(decision.material)
    if (decision.kind !== 'keep' || mount === undefined) return decision
    const message = `before ${mount} signs anew`
    return { kind: 'refresh', material: decision.material, reason: 'before-renewal', message }
  })
}
