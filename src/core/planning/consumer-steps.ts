/** Whom a change concerns: consumers to be told, debts of earlier runs included, and clients that look at what is served. */
import { lookedFor } from '../consumers/looked-for.ts'
import { holdOwed, type OwedHold } from '../deciding/owed-wait.ts'
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { isProbed, type Keyset, type MaterialId, type Paired } from '../material.ts'
import { mergeOwed, type OwedReload } from '../memory.ts'
import { nameSome } from '../name-some.ts'
import type { OwedPart, Step } from '../steps.ts'
import { byOrder } from './tell-waves.ts'

export interface Concern {
  readonly changed: ReadonlySet<MaterialId>
  /** Those of `changed` that perhaps do not. */
  readonly looked?: ReadonlySet<MaterialId>
  /** Unset means the debts of every material. */
  readonly only?: ReadonlySet<MaterialId> | undefined
  /** The moment at which debts wait for their next try; unset: they are told now. */
  readonly waitingAtMs?: EpochMs | undefined
}

export interface ConsumerPlan {
  readonly steps: Step[]
  readonly settled: OwedReload[]
  readonly held: OwedHold[]
}

/** Reloads, then serve checks. */
export function consumerSteps(config: HostConfig, observation: Observation, concern: Concern): ConsumerPlan {
  const { changed, looked = new Set() } = concern
  const { due, settled, held } = sortOwed(config, observation, concern)
  const touched = new Set([...changed, ...due.flatMap(({ materials }) => materials)])
  const waiting = new Set(held.flatMap(({ materials }) => materials))
  const checks = serveSteps(config, observation, concern, { touched, waiting })
  return { steps: [...reloadSteps(config, changed, due, looked), ...checks], settled, held }
}

/**
 * What is owed of the selected materials: to be told, settled because the target is configured no longer, or held until its next
 * try. Who is told of new files anyway, whosever they are, is told of the debt along with them.
 */
function sortOwed(config: HostConfig, observation: Observation, concern: Concern) {
  const { changed, only, waitingAtMs } = concern
  const isSelected = (ids: readonly MaterialId[]) => !only || ids.some((id) => only.has(id))
  const told = new Set(
    config.materials
      .filter(({ id }) => changed.has(id))
      .flatMap(({ reload }) => reload.map(({ text }) => text)),
  )
  const debts = mergeOwed(observation.memory.owed).map((debt) => ({ debt, heirs: heirsOf(debt, config) }))
  const owing = debts
    .filter(({ heirs }) => heirs.length > 0 && isSelected(heirs))
    .map(({ debt, heirs }): OwedReload => ({ ...debt, materials: heirs }))
  const holds = owing.map((debt) => {
    const isHeld = waitingAtMs !== undefined && !told.has(debt.target)
    return { debt, hold: isHeld ? holdOwed(debt, faultOf(debt, observation), waitingAtMs) : undefined }
  })
  return {
    due: holds.flatMap(({ debt, hold }) => (hold ? [] : [debt])),
    held: holds.flatMap(({ hold }) => hold ?? []),
    settled: debts
      .filter(({ debt, heirs }) => heirs.length === 0 && isSelected(debt.materials))
      .map(({ debt }) => debt),
  }
}

/** Who answered and serves another certificate is worse off than who was not told. */
function faultOf({ materials }: OwedReload, observation: Observation): OwedHold['fault'] {
  return materials.some((id) => isUnserved(observation, id)) ? 'serve-mismatch' : 'reload-failed'
}

/** Those of the debt that name its target, or whoever does: a material renamed must not leave its consumer untold. */
function heirsOf(debt: OwedReload, { materials }: HostConfig): MaterialId[] {
  const naming = materials.filter(({ reload }) => reload.some(({ text }) => text === debt.target))
  const ids = naming.map(({ id }) => id)
  const owing = ids.filter((id) => debt.materials.includes(id))
  return owing.length > 0 ? owing : ids
}

/** One step per target, however many materials name it, in the order in which the configuration first names them. */
function reloadSteps(
  config: HostConfig,
  changed: ReadonlySet<MaterialId>,
  owed: readonly OwedReload[],
  looked: ReadonlySet<MaterialId>,
): Step[] {
  const steps = new Map<string, Step & { kind: 'reload' }>()
  for (const { id, reload } of config.materials) {
    for (const target of reload) {
      const debt = owed.find((one) => one.target === target.text)
      if (!changed.has(id) && !debt?.materials.includes(id)) continue
      const materials = [...(steps.get(target.text)?.materials ?? []), id]
      const isOpen = materials.every((one) => looked.has(one))
      const when = debt ? `, owed since ${formatMoment(debt.sinceMs)}` : isOpen ? ' if it changed' : ''
      const message = `tell ${target.text}${when}`
      const part = debt ? { owed: owedPart(debt) } : {}
      steps.set(target.text, { kind: 'reload', target, materials, message, ...part })
    }
  }
  return [...steps.values()].toSorted((a, b) => byOrder(a.target, b.target))
}

function owedPart({ materials, sinceMs, members }: OwedReload): OwedPart {
  return { materials, sinceMs, ...(members ? { members } : {}) }
}

function serveSteps(
  config: HostConfig,
  observation: Observation,
  { only }: Concern,
  { touched, waiting }: Record<'touched' | 'waiting', ReadonlySet<MaterialId>>,
): Step[] {
  return config.materials.filter(isProbed).flatMap((material): Step[] => {
    const { id, probes } = material
    const isOpen = isUnserved(observation, id) || isUnlooked(observation, id)
    const isConcerned = touched.has(id) || (isOpen && !waiting.has(id) && (only?.has(id) ?? true))
    return probes.length > 0 && isConcerned ? [serveCheckStep(material)] : []
  })
}

export function serveCheckStep({ id, probes }: Paired | Keyset): Step {
  const places = nameSome(probes.map(({ text }) => text))
  return {
    kind: 'serve-check',
    material: id,
    message: `see that ${places} ${probes.length > 1 ? 'serve' : 'serves'} ${id}`,
  }
}

/** It was installed by a run that ended before a client had looked: told is not served. */
function isUnlooked({ memory, materials }: Observation, id: MaterialId): boolean {
  const known = memory.materials[id]
  const current = lookedFor(known, materials.get(id))
  const { issued, served, keyset } = known ?? {}
  if (keyset) return served?.fingerprint !== current
  return issued !== undefined && served === undefined && issued.fingerprint === current
}

/** A client has looked at this very certificate and did not get it, or could not verify it. */
function isUnserved({ memory, materials }: Observation, id: MaterialId): boolean {
  const known = memory.materials[id]
  const current = lookedFor(known, materials.get(id))
  const served = known?.served
  if (served === undefined || served.fingerprint !== current) return false
  return served.outcome !== 'served' || served.unverified !== undefined
}
