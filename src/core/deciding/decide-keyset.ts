import { keysetFactsOf } from '../facts.ts'
import type { Advance } from '../keysets/advance.ts'
import { advanceHere } from '../keysets/outlook.ts'
import { keysetShape } from '../keysets/shape-of.ts'
import { isShared, type Keyset } from '../material.ts'
import type { KeysetMemory } from '../memory.ts'
import type { Decision, DecisionInput } from './decision.ts'
import { holdUnjudgeable } from './hold.ts'
import { holdReading, mendMeanwhile } from './hold-reading.ts'
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
  const verdict = stepVerdict(ahead, memory) ?? stored
  if (!verdict) return { ...repairOrWait(keyset, facts, ahead), ...due }
  const identity = isShared(keyset) ? keyset.store.identity : undefined
  const hold = holdReading(keyset, identity, verdict.message, input)
  if (hold) return { ...(mendMeanwhile(keyset, facts) ?? hold), ...due }
  return { kind: 'refresh', material: keyset.id, ...verdict, ...due }
}

/** Of what is due when it fell due, else of what comes next. */
function dueAt(ahead: Advance | undefined): number {
  const atMs = ahead?.kind === 'wait' ? ahead.nextAtMs : ahead?.dueAtMs
  return atMs ?? Number.POSITIVE_INFINITY
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
