/** Of an identity or a certificate: whether it is renewed, and why it is not. */

import type { EpochMs } from '../epoch-ms.ts'
import { type PairFacts, pairFactsOf } from '../facts.ts'
import { hasNewLogin, loginFault, loginObstacle } from '../login-obstacle.ts'
import { loginOf, type Material, type Paired } from '../material.ts'
import type { Decision, DecisionInput } from './decision.ts'
import { holdBackingOff, holdUnjudgeable } from './hold.ts'
import { reuseObstacle } from './key-reuse.ts'
import { judgeRenewal, type RenewalReason, type Verdict } from './renewal.ts'
import { keepMessage, repairOrKeep } from './repair-or-keep.ts'
import { revokedAt } from './revocation.ts'
import { endedMessage, findRollbackHold, heldMessage, heldUntil, type RollbackHold } from './rollback-hold.ts'
import { dueAt, fixedPlace } from './spread.ts'
import { holdOutsideWindow } from './window-hold.ts'

/** The ordered checks first; then what holds a renewal back; files that only drifted are mended. */
export function decidePair(material: Paired, input: DecisionInput): Decision {
  const facts = pairFactsOf(input.observation, material)
  const rollback = rollbackHold(material, facts, input)
  const dueAtMs = dueMoment(material, facts, input, rollback)
  const when = dueAtMs === undefined ? {} : { dueAtMs }
  const unjudgeable = holdUnjudgeable(material, facts)
  if (unjudgeable) return { ...unjudgeable, ...when }

  const forced = input.options.force
  const revokedAtMs = revokedAt(input.config, input.observation, material.id)
  const verdict = judgeRenewal({ material, facts, nowMs: input.nowMs, dueAtMs, forced, revokedAtMs })
  if (verdict) {
    const told = verdict.reason === 'due' && rollback ? withRollback(verdict, rollback) : verdict
    return { ...renewOrHold(material, facts, told, input), ...when }
  }

  const kept = keepReason(material, dueAtMs, input.nowMs, rollback)
  return { ...repairOrKeep(material, facts, kept), ...when }
}

/** Renewal asked for by a person ends a rollback. */
function rollbackHold(
  { id }: Paired,
  facts: PairFacts,
  { observation, options }: DecisionInput,
): RollbackHold | undefined {
  return options.force
    ? undefined
    : findRollbackHold(observation.memory.materials[id], facts.leaf.certificate)
}

function dueMoment(
  material: Paired,
  facts: PairFacts,
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

function renewOrHold(
  material: Paired,
  facts: PairFacts,
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
  const wait = options.force ? undefined : holdBackingOff(material, failure, nowMs)
  const loginId = loginOf(material)
  if (wait && (loginId === id || !hasNewLogin(loginId, failure, observation.memory))) return wait
  const login = { id: loginId, facts: loginId === id ? facts : pairFactsOf(observation, { id: loginId }) }
  const obstacle = options.enrol === id ? undefined : loginObstacle(login.facts)
  if (obstacle === undefined) return { kind: 'renew', material: id, ...verdict }
  const fault = loginFault(login.facts)
  const isMissing = material.kind === 'identity' && fault === 'identity-unusable'
  const reason = isMissing ? 'not-enrolled' : 'identity-unusable'
  const message = `${verdict.message}; ${login.id} cannot log in: ${obstacle}`
  return { kind: 'hold', material: id, reason, fault, message }
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
