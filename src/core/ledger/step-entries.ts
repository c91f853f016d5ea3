/** Steps and what became of them, as entries. */
import { formatMoment } from '../duration.ts'
import type { CertificateFacts } from '../facts.ts'
import { isReadable, type KeptSet } from '../kept-set.ts'
import type { Material, MaterialId } from '../material.ts'
import type { StepOutcome } from '../run-events.ts'
import { materialsOf, type Step } from '../steps.ts'
import type { IntentEntry, LedgerCertificate, OutcomeEntry, StepFacts } from './entry.ts'

/** What a run knows beside its steps. */
export interface RunKnowledge {
  readonly materials: ReadonlyMap<MaterialId, Pick<Material, 'files'>>
  readonly issued: ReadonlyMap<MaterialId, { readonly certificate: CertificateFacts }>
  /** Those whose files were switched. */
  readonly changed: ReadonlySet<MaterialId>
  readonly failures: ReadonlyMap<MaterialId, unknown>
}

export function intentEntry(step: Step, known: RunKnowledge): IntentEntry {
  const alive = materialsOf(step).filter((id) => !known.failures.has(id))
  const message = wellFormed(step.message)
  return { kind: 'intent', step: step.kind, materials: alive, message, ...factsOf(step, alive, known) }
}

/** `of`: number of its intent. */
export function outcomeEntry(
  outcome: StepOutcome,
  of: number | undefined,
  known: RunKnowledge,
): OutcomeEntry {
  const { step, tookMs } = outcome
  const materials = materialsOf(step)
  const message = wellFormed(outcome.outcome === 'failed' ? outcome.fault.message : outcome.message)
  const failed = materials.filter((id) => known.failures.has(id))
  const done =
    step.kind === 'install' || step.kind === 'adopt'
      ? materials.filter((id) => known.changed.has(id))
      : materials
  const fault = outcome.outcome === 'done' ? undefined : outcome.fault?.code
  return {
    ...{ kind: 'outcome', step: step.kind, materials, message, ...factsOf(step, done, known) },
    result: outcome.outcome,
    tookMs: Math.max(0, Math.round(tookMs)),
    ...(of === undefined ? {} : { of }),
    ...(fault === undefined ? {} : { fault }),
    ...(failed.length > 0 ? { failed } : {}),
  }
}

/** Longer than any sentence of keyroller's own, shorter than what a hook might print. */
const MAX_MESSAGE_CHARACTERS = 2000

function wellFormed(message: string): string {
  return message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()
}

type OwnFacts = Pick<StepFacts, 'reason' | 'target' | 'files' | 'certificates'>

function factsOf(step: Step, materials: readonly MaterialId[], known: RunKnowledge): OwnFacts {
  switch (step.kind) {
    case 'issue':
      return { reason: step.reason, ...certificates(materials, known) }
    case 'reach':
      return { reason: 'break-glass' }
    case 'clear':
      return { reason: 'break-glass', files: step.paths }
    case 'order':
      return { reason: 'ordered' }
    case 'refresh':
      return { reason: step.reason }
    case 'pin':
    case 'prove':
    case 'serve-check':
      return certificates(materials, known)
    case 'install':
      return { ...certificates(materials, known), files: filesOf(materials, known) }
    case 'adopt':
      return { reason: 'pushed', ...certificates(materials, known), files: filesOf(materials, known) }
    case 'repair':
      return { files: step.repairs.map(({ path }) => path) }
    case 'reload':
    case 'restart':
      return { target: step.target.text }
    case 'revoke':
    case 'prune':
      return { certificates: step.sets.flatMap(keptCertificate) }
    case 'preflight':
    case 'health':
    case 'login':
    case 'enrol':
    case 'unpin':
    case 'retest':
    case 'check-revocation':
      return {}
  }
}

/** Those of the run so far: none in front of `issue`. */
function certificates(
  materials: readonly MaterialId[],
  { issued }: RunKnowledge,
): Pick<StepFacts, 'certificates'> {
  const known = materials.flatMap((material): LedgerCertificate[] => {
    const { serial, fingerprint, notAfterMs } = issued.get(material)?.certificate ?? {}
    if (serial === undefined || fingerprint === undefined || notAfterMs === undefined) return []
    return [{ material, serial, fingerprint, notAfter: formatMoment(notAfterMs) }]
  })
  return known.length > 0 ? { certificates: known } : {}
}

function filesOf(ids: readonly MaterialId[], { materials }: RunKnowledge): string[] {
  return ids.flatMap((id) => materials.get(id)?.files.map(({ path }) => path) ?? [])
}

function keptCertificate(set: KeptSet): LedgerCertificate[] {
  if (!isReadable(set)) return []
  const { serial, notAfterMs } = set.certificate
  return [{ material: set.material, serial, notAfter: formatMoment(notAfterMs) }]
}
