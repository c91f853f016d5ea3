/**
 * Which of the kept sets are to be removed. Of each material so many earlier certificates stay, and beside them as many sets
 * of other files (foreign edits of what is installed, files without a key and certificate that belong together): a program
 * that edits a file or removes a key every hour must not push out what a rollback needs. All of them go once their grace is over.
 */
import type { Decision } from '../deciding/decision.ts'
import { formatDuration } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { certificateOf, type Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { KeptSet } from '../kept-set.ts'
import { nameSome } from '../name-some.ts'
import type { Step } from '../steps.ts'
import { keepLimit } from './keep-limit.ts'
import { replacesFiles } from './replaced-files.ts'

/**
 * One step for all, or none. Of the materials decided on, what is too old or too many, counting what the other steps of the
 * same run will keep; of those that are configured no longer what is too old.
 */
export function pruneSteps(
  config: HostConfig,
  observation: Observation,
  decisions: readonly Decision[],
  nowMs: EpochMs,
): Step[] {
  if (observation.kept.length === 0) return []
  const { graceMs } = config.previous
  const configured = new Map(config.materials.map((material) => [material.id, material]))
  const decided = new Map(decisions.map((decision) => [decision.material, decision]))
  const byMaterial = Map.groupBy(observation.kept, ({ material }) => material)
  const pruned = [...byMaterial].flatMap(([id, sets]): Pruned[] => {
    const [decision, material] = [decided.get(id), configured.get(id)]
    if (!decision && material) return []
    const keep = material ? keepLimit(config, material) : sets.length
    const beyond = decision ? findBeyond(sets, keep, prospect(decision, observation)) : new Set()
    return sets.flatMap((set): Pruned[] => {
      const ageMs = nowMs - set.keptAtMs
      if (ageMs >= graceMs) return [{ set, why: `replaced ${formatDuration(ageMs)} ago` }]
      return beyond.has(set) ? [{ set, why: `more than ${keep} kept` }] : []
    })
  })
  return pruned.length === 0 ? [] : [pruneStep(pruned)]
}

interface Pruned {
  readonly set: KeptSet
  readonly why: string
}

function pruneStep(pruned: readonly Pruned[]): Step {
  const names = pruned.map(({ set: { material, certificate }, why }) => {
    return `${material} (${certificate ? `serial ${certificate.serial}, ` : ''}${why})`
  })
  const sets = pruned.map(({ set }) => set)
  const materials = [...new Set(sets.map(({ material }) => material))]
  return { kind: 'prune', materials, sets, message: `remove what was kept of ${nameSome(names)}` }
}

/** How a material will stand once the run is over. */
interface Prospect {
  /** Serial that will be installed; undefined when it is a new one, or cannot be read. */
  readonly serial: string | undefined
  /** What the run itself is going to keep, if anything. */
  readonly coming?: Kind
  /** What is installed cannot be read, and is not replaced now: any of the kept sets may be the copy of it. */
  readonly isLost?: boolean
}

type Kind = 'earlier' | 'other'

function prospect(decision: Decision, { materials }: Observation): Prospect {
  const facts = materials.get(decision.material)
  const serial = certificateOf(facts)?.serial
  if (serial === undefined && decision.kind === 'hold') return { serial, isLost: true }
  // What a bundle will hold, or was pushed, nobody knows yet: it is counted when something was kept.
  if (
    !facts ||
    decision.kind === 'refresh' ||
    decision.kind === 'adopt' ||
    decision.kind === 'recover' ||
    !replacesFiles(decision, facts)
  )
    return { serial }
  if (decision.kind === 'repair') return { serial, coming: 'other' }
  const next = decision.kind === 'restore' ? decision.serial : undefined
  const isPair = serial !== undefined && facts.kind === 'pair' && facts.keyMatches === true
  return { serial: next, coming: isPair && serial !== next ? 'earlier' : 'other' }
}

function findBeyond(
  sets: readonly KeptSet[],
  keep: number,
  { serial, coming, isLost }: Prospect,
): Set<KeptSet> {
  if (isLost && keep > 0) return new Set()
  const kindOf = ({ certificate }: KeptSet): Kind =>
    certificate && certificate.serial !== serial ? 'earlier' : 'other'
  const newestFirst = sets.toSorted((a, b) => b.keptAtMs - a.keptAtMs)
  const beyond = (['earlier', 'other'] as const).flatMap((kind) => {
    const room = Math.max(0, keep - (coming === kind ? 1 : 0))
    return newestFirst.filter((set) => kindOf(set) === kind).slice(room)
  })
  return new Set(beyond)
}
