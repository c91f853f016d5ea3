import { bundleFactsOf } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { type Bundle, isPaired } from '../material.ts'
import type { Decision, DecisionInput } from './decision.ts'
import { holdBackingOff, holdUnjudgeable } from './hold.ts'
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

/**
 * What a mount signs with may be new: its bundle is looked at first, so that nothing here uses what it does not hold yet. So is one
 * that was not selected, where what was selected needs it.
 */
export function refreshBeforeRenewals(decisions: readonly Decision[], input: DecisionInput): Decision[] {
  const behind = bundlesBehind(decisions, input.config)
  const selected = new Set(decisions.map(({ material }) => material))
  const others = behind
    .filter(({ id }) => !selected.has(id))
    .map((bundle) => decideBundle(bundle, { ...input, options: { force: false } }))
  const mounts = new Map(behind.map(({ id, source }) => [id, source]))
  return [...decisions, ...others].flatMap((decision): Decision[] => {
    const source = mounts.get(decision.material)
    if (source?.kind === 'mount' && decision.kind === 'keep') {
      const message = `before ${source.pkiMount} signs anew`
      return [{ kind: 'refresh', material: decision.material, reason: 'before-renewal', message }]
    }
    return selected.has(decision.material) || decision.kind === 'refresh' ? [decision] : []
  })
}

function bundlesBehind(decisions: readonly Decision[], { materials }: HostConfig): Bundle[] {
  const renewed = new Set(decisions.flatMap(({ kind, material }) => (kind === 'renew' ? [material] : [])))
  const signing = new Set(
    materials.filter(isPaired).flatMap(({ id, issuance }) => (renewed.has(id) ? [issuance.pkiMount] : [])),
  )
  return materials.filter(
    (one): one is Bundle =>
      one.kind === 'bundle' && one.source.kind === 'mount' && signing.has(one.source.pkiMount),
  )
}
