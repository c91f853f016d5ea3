/** The plan of a run: decisions, and the ordered steps that follow from them. Pure: same input, same plan. */
import { type Decision, decideAll, type PlanOptions } from './decide.ts'
import { formatMoment } from './duration.ts'
import type { Observation } from './facts.ts'
import { hostPort } from './host-port.ts'
import type { Certificate, EpochMs, HostConfig, Identity, Material, MaterialId } from './material.ts'
import { mergeOwed, type OwedReload } from './memory.ts'
import { nameSome } from './name-some.ts'
import type { OwedPart, Step } from './steps.ts'

export interface Plan {
  readonly decisions: readonly Decision[]
  readonly steps: readonly Step[]
  /** Owed reloads whose target is configured no longer: nobody is left to tell. */
  readonly settled: readonly OwedReload[]
}

/**
 * Identities come first and are proved before they are installed; leaves follow with the proved login; consumers are told
 * once everything they need is installed; last a client looks at what is served.
 */
export function makePlan(
  config: HostConfig,
  observation: Observation,
  nowMs: EpochMs,
  options: PlanOptions,
): Plan {
  const decisions = decideAll(config, observation, nowMs, options)
  const work = { ...sortWork(config, decisions), ...(options.enrol ? { enrol: options.enrol } : {}) }
  const { due, settled } = sortOwed(config, observation.memory.owed, options)
  const changed = new Set([...work.identities, ...work.leaves, ...work.rewritten].map(({ id }) => id))
  const reloads = reloadSteps(config, changed, due)
  const steps = [
    ...issueSteps(work),
    ...repairSteps(decisions),
    ...reloads,
    ...serveSteps(
      config,
      observation,
      options,
      new Set([...changed, ...due.flatMap(({ materials }) => materials)]),
    ),
  ]
  return { decisions, steps, settled }
}

interface Work {
  readonly decided: ReadonlyMap<MaterialId, Decision>
  readonly identities: readonly Identity[]
  readonly leaves: readonly Certificate[]
  /** Identities that must log in, renewed or not. */
  readonly logins: readonly Identity[]
  /** Let in with an enrolment secret instead of its own pair. */
  readonly enrol?: MaterialId
  /** Materials with a file that is made anew from the rest of the set. */
  readonly rewritten: readonly Material[]
}

function sortWork(config: HostConfig, decisions: readonly Decision[]): Work {
  const decided = new Map(decisions.map((decision) => [decision.material, decision]))
  const renewed = config.materials.filter(({ id }) => decided.get(id)?.kind === 'renew')
  const identities = renewed.filter((material) => material.kind === 'identity')
  const leaves = renewed.filter((material) => material.kind === 'certificate')
  const needed = new Set<MaterialId>([
    ...identities.map(({ id }) => id),
    ...leaves.map(({ identity }) => identity),
  ])
  const logins = config.materials.filter(
    (material) => material.kind === 'identity' && needed.has(material.id),
  )
  const rewritten = config.materials.filter(({ id }) => rewrites(decided.get(id)))
  return { decided, identities, leaves, logins: logins as Identity[], rewritten }
}

function rewrites(decision: Decision | undefined): boolean {
  return decision?.kind === 'repair' && decision.repairs.some(({ how }) => how !== 'attributes')
}

function issueSteps(work: Work): Step[] {
  const identities = work.identities.map(({ id }) => id)
  const leaves = work.leaves.map(({ id }) => id)
  const materials = [...identities, ...leaves]
  if (materials.length === 0) return []
  return [
    { kind: 'preflight', materials, message: 'write and read back where files will go' },
    { kind: 'health', materials, message: 'ask the server for its health and version' },
    ...work.logins.map((identity) => loginStep(identity, work)),
    ...identities.map((id) => issueStep(id, work)),
    ...identities.map(
      (id): Step => ({ kind: 'prove', material: id, message: `log in with the new pair of ${id}` }),
    ),
    ...installStep(identities),
    ...leaves.map((id) => issueStep(id, work)),
    ...installStep(leaves),
  ]
}

function loginStep(identity: Identity, work: Work): Step {
  if (work.enrol === identity.id) {
    return {
      kind: 'enrol',
      material: identity.id,
      message: `let ${identity.id} in with its enrolment secret`,
    }
  }
  const own = work.identities.includes(identity) ? [identity.id] : []
  const dependants = work.leaves.filter((leaf) => leaf.identity === identity.id).map(({ id }) => id)
  const message = `log in at auth/${identity.login.authMount} as ${identity.login.mapping}`
  return { kind: 'login', identity: identity.id, materials: [...own, ...dependants], message }
}

function issueStep(material: MaterialId, { decided }: Work): Step {
  const decision = decided.get(material)
  if (decision?.kind !== 'renew') throw new Error(`no renewal was decided for ${material}`)
  return {
    kind: 'issue',
    material,
    reason: decision.reason,
    message: `issue ${material}: ${decision.message}`,
  }
}

function installStep(materials: readonly MaterialId[]): Step[] {
  if (materials.length === 0) return []
  return [{ kind: 'install', materials, message: `install ${nameSome(materials)}` }]
}

function repairSteps(decisions: readonly Decision[]): Step[] {
  return decisions.flatMap((decision): Step[] => {
    if (decision.kind !== 'repair') return []
    const { material, repairs, message } = decision
    return [{ kind: 'repair', material, repairs, message: `repair ${material}: ${message}` }]
  })
}

/** What is owed of the selected materials: to be told, or settled because the target is configured no longer. */
function sortOwed(config: HostConfig, owed: readonly OwedReload[], { only }: PlanOptions) {
  const isSelected = (ids: readonly MaterialId[]) => !only || ids.some((id) => only.has(id))
  const debts = mergeOwed(owed).map((debt) => ({ debt, heirs: heirsOf(debt, config) }))
  return {
    due: debts
      .filter(({ heirs }) => heirs.length > 0 && isSelected(heirs))
      .map(({ debt, heirs }): OwedReload => ({ ...debt, materials: heirs })),
    settled: debts
      .filter(({ debt, heirs }) => heirs.length === 0 && isSelected(debt.materials))
      .map(({ debt }) => debt),
  }
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
): Step[] {
  const steps = new Map<string, Step & { kind: 'reload' }>()
  for (const { id, reload } of config.materials) {
    for (const target of reload) {
      const debt = owed.find((one) => one.target === target.text)
      if (!changed.has(id) && !debt?.materials.includes(id)) continue
      const materials = [...(steps.get(target.text)?.materials ?? []), id]
      const message = `tell ${target.text}${debt ? `, owed since ${formatMoment(debt.sinceMs)}` : ''}`
      const part = debt ? { owed: owedPart(debt) } : {}
      steps.set(target.text, { kind: 'reload', target, materials, message, ...part })
    }
  }
  return [...steps.values()]
}

function owedPart({ materials, sinceMs, members }: OwedReload): OwedPart {
  return { materials, sinceMs, ...(members ? { members } : {}) }
}

function serveSteps(
  config: HostConfig,
  observation: Observation,
  { only }: PlanOptions,
  touched: ReadonlySet<MaterialId>,
): Step[] {
  return config.materials.flatMap(({ id, probe }): Step[] => {
    if (!probe || !(touched.has(id) || (isUnserved(observation, id) && (only?.has(id) ?? true)))) return []
    const where = hostPort(probe)
    return [{ kind: 'serve-check', material: id, message: `see that ${where} serves ${id}` }]
  })
}

/** A client has looked at this very certificate and did not get it. */
function isUnserved({ memory, materials }: Observation, id: MaterialId): boolean {
  const served = memory.materials[id]?.served
  const current = materials.get(id)?.leaf.certificate?.fingerprint
  return served !== undefined && served.outcome !== 'served' && served.fingerprint === current
}
