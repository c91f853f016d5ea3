/** The plan of a run: decisions, and the ordered steps that follow from them. Pure: same input, same plan. */

import { decideAll } from '../deciding/decide.ts'
import type { Decision, PlanOptions } from '../deciding/decision.ts'
import { hasStrayLink } from '../deciding/file-drift.ts'
import type { OwedHold } from '../deciding/owed-wait.ts'
import { revocationSteps } from '../deciding/revocation.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { describeOrder } from '../keysets/describe-order.ts'
import {
  type Bundle,
  type Certificate,
  type Identity,
  type Keyset,
  loginOf,
  type Material,
  type MaterialId,
  needsLogin,
  type Secret,
} from '../material.ts'
import type { OwedReload, RunMemory } from '../memory.ts'
import { nameSome } from '../name-some.ts'
import type { Step } from '../steps.ts'
import { consumerSteps } from './consumer-steps.ts'
import { moveNotice } from './move-notice.ts'
import { identitiesToUnpin, pinSteps, unpinSteps } from './pin-steps.ts'
import { pruneSteps } from './prune.ts'
import { adoptionNotice } from './replaced-files.ts'
import { retestSteps } from './retest.ts'
import { revokedFirst } from './revoke-steps.ts'
import { healthStep, loginStep } from './server-steps.ts'

export interface Plan {
  readonly decisions: readonly Decision[]
  readonly steps: readonly Step[]
  /** Owed reloads whose target is configured no longer: nobody is left to tell. */
  readonly settled: readonly OwedReload[]
  /** Owed reloads that wait for their next try. */
  readonly held: readonly OwedHold[]
}

/**
 * Files in the generation of another set are moved first, since that set may be about to leave it. Then come bundles, so that
 * what is issued next is trusted already, and identities, proved before they are installed; leaves and secrets follow with the proved
 * login; consumers are told once everything they need is installed; then a client looks at what is served; last goes what was kept
 * long enough.
 */
export function makePlan(
  config: HostConfig,
  observation: Observation,
  nowMs: EpochMs,
  options: PlanOptions,
): Plan {
  const decisions = decideAll(config, observation, nowMs, options)
  const work = {
    ...sortWork(config, decisions, observation),
    ...(options.enrol ? { enrol: options.enrol } : {}),
  }
  const changed = new Set(
    [...work.bundles, ...work.identities, ...work.leaves, ...work.stored, ...work.rewritten].map(
      ({ id }) => id,
    ),
  )
  const looked = new Set([...work.bundles, ...work.stored].map(({ id }) => id))
  const consumers = consumerSteps(config, observation, {
    ...{ changed, looked, only: options.only },
    // Who asks by name, or for now, waits for nothing.
    waitingAtMs: options.force || options.only ? undefined : nowMs,
  })
  const noticeOf = (ids: readonly MaterialId[]) => {
    const asked = new Set(ids)
    const concerned = decisions.filter(({ material }) => asked.has(material))
    const notices = [
      moveNotice(concerned, observation, config),
      adoptionNotice(concerned, observation, config),
    ]
    return notices.filter((notice) => notice !== undefined).join('; ') || undefined
  }
  const issues = issueSteps(work, noticeOf)
  const revocations = revocationSteps(config, observation, nowMs, decisions)
  const isStray = ({ material }: Decision) => hasStrayLink(observation.materials.get(material))
  const steps = [
    ...repairSteps(decisions.filter(isStray), noticeOf),
    ...issues,
    ...repairSteps(
      decisions.filter((decision) => !isStray(decision)),
      noticeOf,
    ),
    ...consumers.steps,
    ...retestSteps(config, observation.memory, nowMs, {
      ...options,
      asksServer: revocations.length > 0 || issues.some(({ kind }) => kind === 'health'),
    }),
    ...revocations,
    ...revokedFirst(config, observation, pruneSteps(config, observation, decisions, nowMs), {
      planned: issues,
      nowMs,
    }),
  ]
  return { decisions, steps, settled: consumers.settled, held: consumers.held }
}

/** What is said of the files that these materials replace. */
type NoticeOf = (materials: readonly MaterialId[]) => string | undefined

interface Work {
  /** Whose source is looked at. */
  readonly bundles: readonly Bundle[]
  readonly decided: ReadonlyMap<MaterialId, Decision>
  readonly identities: readonly Identity[]
  readonly leaves: readonly Certificate[]
  /** To be read from their store. */
  readonly stored: readonly (Secret | Keyset)[]
  /** Identities whose mapping is to hold nothing but their certificate on disk. */
  readonly unpinned: readonly Identity[]
  readonly memory: RunMemory
  /** Identities that must log in, renewed or not. */
  readonly logins: readonly Identity[]
  /** Let in with an enrolment secret instead of its own pair. */
  readonly enrol?: MaterialId
  /** Materials with a file that is made anew from the rest of the set. */
  readonly rewritten: readonly Material[]
}

function sortWork(config: HostConfig, decisions: readonly Decision[], { memory }: Observation): Work {
  const decided = new Map(decisions.map((decision) => [decision.material, decision]))
  const renewed = config.materials.filter(({ id }) => decided.get(id)?.kind === 'renew')
  const identities = renewed.filter((material) => material.kind === 'identity')
  const leaves = renewed.filter((material) => material.kind === 'certificate')
  const refreshed = config.materials.filter(({ id }) => decided.get(id)?.kind === 'refresh')
  const bundles = refreshed.filter((material) => material.kind === 'bundle')
  const stored = refreshed.filter(
    ({ kind }) => kind === 'secret' || kind === 'keyset',
  ) as Work['stored'][number][]
  const unpinned = identitiesToUnpin(config, decided, memory)
  const needed = new Set<MaterialId>([
    ...[...identities, ...unpinned].map(({ id }) => id),
    ...[...leaves, ...stored].flatMap((one) => readerOf(one) ?? []),
  ])
  const logins = config.materials.filter(
    (material) => material.kind === 'identity' && needed.has(material.id),
  )
  const rewritten = config.materials.filter(({ id }) => rewrites(decided.get(id)))
  return {
    ...{ decided, bundles, identities, leaves, stored, unpinned, memory, rewritten },
    logins: logins as Identity[],
  }
}

/** Whose login signs or reads it; undefined for what lies on this host. */
function readerOf(material: Certificate | Secret | Keyset): MaterialId | undefined {
  return needsLogin(material) ? loginOf(material) : undefined
}

function rewrites(decision: Decision | undefined): boolean {
  return decision?.kind === 'repair' && decision.repairs.some(({ how }) => how !== 'attributes')
}

function issueSteps(work: Work, noticeOf: NoticeOf): Step[] {
  const identities = work.identities.map(({ id }) => id)
  const leaves = work.leaves.map(({ id }) => id)
  const bundles = work.bundles.map(({ id }) => id)
  const stored = work.stored.map(({ id }) => id)
  const written = [...bundles, ...identities, ...leaves]
  const given = new Set([
    ...work.bundles.flatMap(({ id, source }) => (source.kind === 'file' ? [id] : [])),
    ...work.stored.flatMap((one) => (readerOf(one) ? [] : [one.id])),
  ])
  const all = new Set([...written, ...stored, ...work.unpinned.map(({ id }) => id)])
  if (all.size === 0) return []
  const asking = [...all].filter((id) => !given.has(id))
  return [
    // A reading costs nothing: what cannot be written then shows when it is.
    ...preflightStep(written),
    ...(asking.length > 0 ? [healthStep(asking)] : []),
    ...bundles.map((id) => refreshStep(id, work)),
    ...work.logins.map((identity) => letInStep(identity, work)),
    ...identities.map((id) => issueStep(id, work)),
    ...pinSteps(work.identities),
    ...identities.map(
      (id): Step => ({ kind: 'prove', material: id, message: `log in with the new pair of ${id}` }),
    ),
    ...installStep(identities, noticeOf),
    ...unpinSteps(work.unpinned, work.memory),
    ...leaves.map((id) => issueStep(id, work)),
    ...installStep(leaves, noticeOf),
    ...stored.flatMap((id) => [...orderSteps(id, work), refreshStep(id, work)]),
  ]
}

function preflightStep(materials: readonly MaterialId[]): Step[] {
  if (materials.length === 0) return []
  return [{ kind: 'preflight', materials, message: 'write and read back where files will go' }]
}

function refreshStep(material: MaterialId, { decided }: Work): Step {
  const decision = decided.get(material)
  if (decision?.kind !== 'refresh') throw new Error(`no look was decided for ${material}`)
  return {
    kind: 'refresh',
    material,
    reason: decision.reason,
    message: `look at the source of ${material}: ${decision.message}`,
  }
}

function orderSteps(material: MaterialId, { decided }: Work): Step[] {
  const decision = decided.get(material)
  if (decision?.kind !== 'refresh' || decision.reason !== 'ordered') return []
  const message = `${describeOrder(decision.asked.order)} of ${material}, as asked for`
  return [{ kind: 'order', material, message, ...decision.asked }]
}

function letInStep(identity: Identity, work: Work): Step {
  if (work.enrol === identity.id) {
    return {
      kind: 'enrol',
      material: identity.id,
      message: `let ${identity.id} in with its enrolment secret`,
    }
  }
  const own = [...work.identities, ...work.unpinned].includes(identity) ? [identity.id] : []
  const dependants = [...work.leaves, ...work.stored]
    .filter((one) => readerOf(one) === identity.id)
    .map(({ id }) => id)
  return loginStep(identity, [...own, ...dependants])
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

function installStep(materials: readonly MaterialId[], noticeOf: NoticeOf): Step[] {
  if (materials.length === 0) return []
  const message = withNotice(`install ${nameSome(materials)}`, noticeOf(materials))
  return [{ kind: 'install', materials, message }]
}

function withNotice(message: string, notice: string | undefined): string {
  return notice === undefined ? message : `${message}; ${notice}`
}

function repairSteps(decisions: readonly Decision[], noticeOf: NoticeOf): Step[] {
  return decisions.flatMap((decision): Step[] => {
    if (decision.kind !== 'repair') return []
    const { material, repairs } = decision
    const message = withNotice(`repair ${material}: ${decision.message}`, noticeOf([material]))
    return [{ kind: 'repair', material, repairs, message }]
  })
}
