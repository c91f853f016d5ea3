/** What is to be done about a keyset at a moment: one step, or why none. Asked again after each step, until none is left. */
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { KeysetDocument } from './document.ts'
import { type KeysetFacts, type ShutGate, shutGates } from './gates.ts'
import type { KeysetPolicy } from './policy.ts'
import { type KeysetStep, type StepAhead, type StepReason, stepsAhead } from './steps-ahead.ts'

export type Advance = {
  readonly message: string
  /** When the clock alone brings on something more; unset while only a gate that opens, or a person, can. */
  readonly nextAtMs?: EpochMs
} & (
  | {
      readonly kind: 'step'
      readonly reason: StepReason
      readonly step: KeysetStep
      readonly dueAtMs: EpochMs
    }
  /** Due but for its gates; the reason is the first of them. */
  | {
      readonly kind: 'hold'
      readonly reason: ShutGate['gate']
      readonly step: KeysetStep
      readonly dueAtMs: EpochMs
      readonly gates: readonly ShutGate[]
    }
  | { readonly kind: 'wait'; readonly reason: 'current' }
)

/** For a policy without problems. A step that is held keeps no other from being done. */
export function advance(
  document: KeysetDocument,
  policy: KeysetPolicy,
  facts: KeysetFacts,
  nowMs: EpochMs,
): Advance {
  const ahead = stepsAhead(document, policy, nowMs)
  const later = ahead.filter(({ dueAtMs }) => dueAtMs > nowMs).toSorted((a, b) => a.dueAtMs - b.dueAtMs)
  const due = ahead
    .filter(({ dueAtMs }) => dueAtMs <= nowMs)
    .map((one) => ({ ...one, ...gatesOf(one, policy, facts, nowMs) }))
  const times = [...later.map(({ dueAtMs }) => dueAtMs), ...due.flatMap(({ opensAtMs }) => opensAtMs ?? [])]
  const next = times.length > 0 ? { nextAtMs: Math.min(...times) } : {}
  const ready = due.find(({ gates }) => gates.length === 0)
  if (ready) {
    const { reason, step, dueAtMs, message } = ready
    return { kind: 'step', reason, step, dueAtMs, message, ...next }
  }
  const [held] = due
  const [first] = held?.gates ?? []
  if (held && first) {
    const { step, dueAtMs, gates, message } = held
    return { kind: 'hold', reason: first.gate, step, dueAtMs, gates, message, ...next }
  }
  return { kind: 'wait', reason: 'current', message: describe(later), ...next }
}

interface Gates {
  readonly gates: readonly ShutGate[]
  /** When time alone opens one of them. */
  readonly opensAtMs?: EpochMs
  readonly message: string
}

/**
 * Only what puts a version in use can come too early. The first one waits for the control plane alone: a consumer that cannot start
 * without a key can never be told of one. Hosts that stay away are waited for as long as the policy says.
 */
function gatesOf(
  { step, dueAtMs, reason, message }: StepAhead,
  { leaveHostsAfterMs = Number.POSITIVE_INFINITY }: KeysetPolicy,
  facts: KeysetFacts,
  nowMs: EpochMs,
): Gates {
  if (step.kind !== 'activate') return { gates: [], message }
  const opensAtMs = dueAtMs + leaveHostsAfterMs
  const asked = reason === 'first-version' ? { ...facts, consumers: [], hosts: [] } : facts
  const shut = shutGates(step.version, asked)
  const gates = shut.filter(({ gate }) => gate !== 'hosts' || nowMs < opensAtMs)
  const told = [message, ...shut.map((one) => one.message)].join('; ')
  const isTimed = Number.isFinite(opensAtMs) && gates.some(({ gate }) => gate === 'hosts')
  return { gates, message: told, ...(isTimed ? { opensAtMs } : {}) }
}

function describe([first]: readonly StepAhead[]): string {
  // Only of what is pushed: else the next rotation always does.
  if (!first) return 'nothing lies ahead until the next version is pushed'
  return `next is to ${first.step.kind} version ${first.step.version}, at ${formatMoment(first.dueAtMs)}`
}
