import { formatMoment } from '../duration.ts'
import { keysetFactsOf } from '../facts.ts'
import type { Advance } from '../keysets/advance.ts'
import { describeOrder } from '../keysets/describe-order.ts'
import { previewOrder } from '../keysets/judge-order.ts'
import type { AskedOrder } from '../keysets/order.ts'
import { advanceHere } from '../keysets/outlook.ts'
import { keysetShape } from '../keysets/shape-of.ts'
import { isShared, type Keyset, loginOf, needsLogin } from '../material.ts'
import type { KeysetMemory } from '../memory.ts'
import type { LookReason } from '../steps.ts'
import type { Decision, DecisionInput } from './decision.ts'
import { holdUnjudgeable } from './hold.ts'
import { holdReading, mendMeanwhile } from './hold-reading.ts'
import type { Verdict } from './renewal.ts'
import { repairOrKeep } from './repair-or-keep.ts'
import { judgeStored, lookAgainAt } from './stored-files.ts'

/**
 * A keyset is looked at when a step of its life is due by the document as it was last seen, when others may have taken one, or when a
 * file is not as it was written. What only the look can tell (whether the control plane answers, what other hosts know) is asked then.
 */
export function decideKeyset(keyset: Keyset, input: DecisionInput): Decision {
  const { observation, nowMs, options } = input
  const facts = keysetFactsOf(observation, keyset)
  const memory = observation.memory.materials[keyset.id]?.keyset
  const ahead = memory && advanceHere(keyset, memory.document, observation.memory, nowMs)
  const lookAtMs = lookAgainAt(
    isShared(keyset) ? keyset.refreshEveryMs : Number.POSITIVE_INFINITY,
    memory,
    nowMs,
  )
  const nextMs = Math.min(lookAtMs, dueAt(ahead))
  const due = Number.isFinite(nextMs) ? { dueAtMs: nextMs } : {}
  const unjudgeable = holdUnjudgeable(keyset, facts)
  if (unjudgeable) return { ...unjudgeable, ...due }
  const state = { layout: keyset.layout, files: facts.files, memory, shape: keysetShape(keyset) }
  const stored = judgeStored({ ...state, nowMs, dueAtMs: lookAtMs, forced: options.force })
  const asked = options.order?.material === keyset.id ? options.order : undefined
  const verdict = begunVerdict(memory) ?? stepVerdict(ahead, memory) ?? stored
  const work = asked ? orderedBy(keyset, asked, input) : verdict && refreshedFor(keyset, verdict)
  if (!work) return { ...repairOrWait(keyset, facts, ahead), ...due }
  const identity = needsLogin(keyset) ? loginOf(keyset) : undefined
  const hold = holdReading(keyset, identity, work.message, input)
  if (hold) return { ...(mendMeanwhile(keyset, facts) ?? hold), ...due }
  return { ...work, ...due }
}

/** Of what is due when it fell due, else of what comes next. */
function dueAt(ahead: Advance | undefined): number {
  const atMs = ahead?.kind === 'wait' ? ahead.nextAtMs : ahead?.dueAtMs
  return atMs ?? Number.POSITIVE_INFINITY
}

/** A run that ended between the store and the files has left what it came to in the store alone. */
function begunVerdict(memory: KeysetMemory | undefined) {
  if (memory?.orderedMs === undefined) return undefined
  const message = `an order of ${formatMoment(memory.orderedMs)} was begun, and what came of it is not installed yet`
  return { reason: 'order-begun', message } as const
}

function refreshedFor({ id }: Keyset, verdict: Verdict<Exclude<LookReason, 'ordered'>>): Decision {
  return { kind: 'refresh', material: id, ...verdict }
}

function orderedBy(
  keyset: Keyset,
  { order, isAgreed }: AskedOrder,
  { observation, nowMs }: DecisionInput,
): Decision {
  const { message } = previewOrder(keyset, order, observation.memory, nowMs) ?? { message: 'never looked at' }
  return {
    kind: 'refresh',
    material: keyset.id,
    reason: 'ordered',
    asked: { order, isAgreed },
    message: `${describeOrder(order)}: ${message}`,
  }
}

function stepVerdict(ahead: Advance | undefined, memory: KeysetMemory | undefined) {
  if (ahead?.kind !== 'step') return undefined
  const { reason, step } = ahead
  const held = memory?.held ? `; held since it was tried: ${memory.held.message}` : ''
  return { reason, message: `${step.kind} version ${step.version}: ${ahead.message}${held}` }
}

function repairOrWait(
  keyset: Keyset,
  facts: Parameters<typeof repairOrKeep>[1],
  ahead: Advance | undefined,
): Decision {
  const message = ahead?.message ?? 'current'
  const decision = repairOrKeep(keyset, facts, { reason: 'current', message })
  if (decision.kind !== 'keep' || ahead?.kind !== 'hold') return decision
  return { kind: 'hold', material: keyset.id, reason: 'gate-shut', message }
}
