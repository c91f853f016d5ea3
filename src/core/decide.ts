/** What each material needs: keep, renew, repair or hold, with a stable reason and a sentence. */
import { isBackingOff } from './backoff.ts'
import { formatDuration, formatMoment } from './duration.ts'
import { FAULTS, type FaultCode } from './errors.ts'
import type { MaterialFacts, Observation } from './facts.ts'
import { type FileRepair, findFileDrift } from './file-drift.ts'
import { reuseObstacle } from './key-reuse.ts'
import type { EpochMs, HostConfig, Material, MaterialId } from './material.ts'
import type { FailureMemory } from './memory.ts'
import { judgeRenewal, type RenewalReason, type Verdict } from './renewal.ts'
import { endedMessage, findRollbackHold, heldMessage, heldUntil, type RollbackHold } from './rollback-hold.ts'
import { dueAt, fixedPlace } from './spread.ts'
import { holdOutsideWindow } from './window-hold.ts'

export type Decision = {
  readonly material: MaterialId
  readonly message: string
  readonly dueAtMs?: EpochMs
} & (
  | { readonly kind: 'keep'; readonly reason: 'current' | 'rolled-back' }
  | { readonly kind: 'renew'; readonly reason: RenewalReason }
  /** Asked for by `rollback` alone: what was kept is installed again. */
  | { readonly kind: 'restore'; readonly reason: 'rollback'; readonly serial: string }
  | { readonly kind: 'repair'; readonly reason: 'file-drift'; readonly repairs: readonly FileRepair[] }
  /** Nothing is wrong; it waits for its time. */
  | {
      readonly kind: 'hold'
      readonly reason: 'outside-window'
      readonly fault?: never
      readonly retryAtMs?: never
    }
  | {
      readonly kind: 'hold'
      readonly reason: HoldReason
      readonly fault: FaultCode
      readonly retryAtMs?: EpochMs
    }
)

type Hold = Extract<Decision, { readonly fault: FaultCode }>

export type HoldReason =
  | 'no-anchors'
  | 'owner-unknown'
  | 'no-password'
  | 'on-disk'
  | 'not-enrolled'
  | 'identity-unusable'
  | 'backing-off'
  | 'key-not-reusable'

export interface PlanOptions {
  /** Only these materials; unset means every one. */
  readonly only?: ReadonlySet<MaterialId>
  /** Renew what is selected although it is not due, and in spite of backoff. */
  readonly force: boolean
  /** This identity is let in with an enrolment secret, so the pair on disk need not log in. */
  readonly enrol?: MaterialId
}

/** One decision per selected material, in the order of the configuration. */
export function decideAll(
  config: HostConfig,
  observation: Observation,
  nowMs: EpochMs,
  options: PlanOptions,
): Decision[] {
  return config.materials
    .filter(({ id }) => options.only?.has(id) ?? true)
    .map((material) => decide(material, { config, observation, nowMs, options }))
}

interface DecisionInput {
  readonly config: HostConfig
  readonly observation: Observation
  readonly nowMs: EpochMs
  readonly options: PlanOptions
}

function decide(material: Material, input: DecisionInput): Decision {
  const facts = factsOf(input.observation, material.id)
  const rollback = rollbackHold(material, facts, input)
  const dueAtMs = dueMoment(material, facts, input, rollback)
  const when = dueAtMs === undefined ? {} : { dueAtMs }
  const unjudgeable = holdUnjudgeable(material, facts)
  if (unjudgeable) return { ...unjudgeable, ...when }

  const forced = input.options.force
  const verdict = judgeRenewal({ material, facts, nowMs: input.nowMs, dueAtMs, forced })
  if (verdict) {
    const told = verdict.reason === 'due' && rollback ? withRollback(verdict, rollback) : verdict
    return { ...renewOrHold(material, facts, told, input), ...when }
  }

  const repairs = findFileDrift(facts, material.layout)
  if (repairs.length > 0) {
    const message = repairs.map((repair) => repair.message).join('; ')
    return { kind: 'repair', material: material.id, reason: 'file-drift', message, repairs, ...when }
  }
  return {
    kind: 'keep',
    material: material.id,
    ...keepReason(material, dueAtMs, input.nowMs, rollback),
    ...when,
  }
}

function factsOf(observation: Observation, id: MaterialId): MaterialFacts {
  const facts = observation.materials.get(id)
  if (!facts) throw new Error(`no facts were gathered for ${id}`)
  return facts
}

/** Renewal asked for by a person ends a rollback. */
function rollbackHold(
  { id }: Material,
  facts: MaterialFacts,
  { observation, options }: DecisionInput,
): RollbackHold | undefined {
  return options.force
    ? undefined
    : findRollbackHold(observation.memory.materials[id], facts.leaf.certificate)
}

function dueMoment(
  material: Material,
  facts: MaterialFacts,
  { config, observation }: DecisionInput,
  rollback: RollbackHold | undefined,
) {
  const { certificate } = facts.leaf
  if (!certificate) return undefined
  const place = fixedPlace(observation.hostId, material.id)
  const dueAtMs = dueAt(certificate, material.renewAt, config.renewal.spread, place)
  return rollback ? heldUntil(certificate, dueAtMs) : dueAtMs
}

function withRollback(
  { reason, message }: Verdict<RenewalReason>,
  rollback: RollbackHold,
): Verdict<RenewalReason> {
  return { reason, message: `${message}; ${endedMessage(rollback)}` }
}

/** Why nothing of a material can be judged or written, whatever is to be done with it. */
export function holdUnjudgeable({ id }: Material, facts: MaterialFacts): Hold | undefined {
  if (facts.chain.state === 'no-anchors') {
    const { code, message } = facts.chain.fault
    return { kind: 'hold', material: id, reason: 'no-anchors', fault: code, message }
  }
  for (const { wanted, unwritable, exposed } of facts.files) {
    if (exposed) {
      const { code, message } = exposed
      return { kind: 'hold', material: id, reason: 'on-disk', fault: code, message }
    }
    if (unwritable) {
      const { code, message } = unwritable
      return { kind: 'hold', material: id, reason: 'no-password', fault: code, message }
    }
    if (wanted.state === 'resolved') continue
    return {
      kind: 'hold',
      material: id,
      reason: 'owner-unknown',
      fault: 'owner-unknown',
      message: wanted.why,
    }
  }
  return undefined
}

function renewOrHold(
  material: Material,
  facts: MaterialFacts,
  verdict: Verdict<RenewalReason>,
  { observation, nowMs, options }: DecisionInput,
): Decision {
  const { id } = material
  const unfit = reuseObstacle(material, facts)
  if (unfit !== undefined) {
    const reason = 'key-not-reusable'
    return { kind: 'hold', material: id, reason, fault: reason, message: `${verdict.message}; ${unfit}` }
  }
  const closed = options.force ? undefined : holdOutsideWindow(material, facts, verdict.reason, nowMs)
  if (closed !== undefined) {
    const message = `${verdict.message}; ${closed}`
    return { kind: 'hold', material: id, reason: 'outside-window', message }
  }
  const failure = observation.memory.materials[id]?.failure
  if (!options.force && isBackingOff(failure, nowMs) && !hasNewLogin(material, failure, observation)) {
    const wait = `next try at ${formatMoment(failure.retryAtMs)} after ${failure.count} failed, last: ${failure.message}`
    const retryAtMs = failure.retryAtMs
    return {
      kind: 'hold',
      material: id,
      reason: 'backing-off',
      fault: failure.code,
      message: wait,
      retryAtMs,
    }
  }
  const login = material.kind === 'identity' ? { id, facts } : identityOf(material.identity, observation)
  const obstacle = options.enrol === id ? undefined : loginObstacle(login.facts)
  if (obstacle === undefined) return { kind: 'renew', material: id, ...verdict }
  const reason = material.kind === 'identity' ? 'not-enrolled' : 'identity-unusable'
  const message = `${verdict.message}; ${login.id} cannot log in: ${obstacle}`
  return { kind: 'hold', material: id, reason, fault: 'identity-unusable', message }
}

/** What waits because its identity could not log in goes on as soon as that identity has another certificate. */
function hasNewLogin(material: Material, failure: FailureMemory, { memory }: Observation): boolean {
  if (material.kind === 'identity' || FAULTS[failure.code].exit !== 'auth') return false
  const issued = memory.materials[material.identity]?.issued
  return issued !== undefined && issued.atMs >= failure.atMs
}

function identityOf(id: MaterialId, observation: Observation) {
  return { id, facts: factsOf(observation, id) }
}

/** Why the pair on disk cannot even be presented to Vault; what Vault says of it only a login can tell. */
function loginObstacle({ key, leaf, keyMatches }: MaterialFacts): string | undefined {
  if (key.state !== 'read') return `private key: ${key.why ?? key.state}`
  if (leaf.state !== 'read') return `certificate: ${leaf.why ?? leaf.state}`
  return keyMatches === false ? 'the private key does not belong to the certificate' : undefined
}

function keepReason(
  { id }: Material,
  dueAtMs: EpochMs | undefined,
  nowMs: EpochMs,
  rollback: RollbackHold | undefined,
): { readonly reason: 'current' | 'rolled-back'; readonly message: string } {
  if (rollback && dueAtMs !== undefined)
    return { reason: 'rolled-back', message: heldMessage(rollback, id, dueAtMs) }
  return { reason: 'current', message: keepMessage(dueAtMs, nowMs) }
}

function keepMessage(dueAtMs: EpochMs | undefined, nowMs: EpochMs): string {
  if (dueAtMs === undefined) return 'current'
  return `current, due in ${formatDuration(dueAtMs - nowMs)}, at ${formatMoment(dueAtMs)}`
}
