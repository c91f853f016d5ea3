import { secretFactsOf } from '../facts.ts'
import type { Secret } from '../material.ts'
import { shapeOf } from '../secrets/secret.ts'
import type { Decision, DecisionInput } from './decision.ts'
import { holdUnjudgeable } from './hold.ts'
import { holdReading, mendMeanwhile } from './hold-reading.ts'
import { keepMessage, repairOrKeep } from './repair-or-keep.ts'
import { judgeStored, lookAgainAt } from './stored-files.ts'

/** A secret is read when its time has come or a file is not as it was written; mode and owner are mended without the server. */
export function decideSecret(secret: Secret, input: DecisionInput): Decision {
  const { observation, nowMs, options } = input
  const facts = secretFactsOf(observation, secret)
  const memory = observation.memory.materials[secret.id]?.secret
  const dueAtMs = lookAgainAt(secret.refreshEveryMs, memory, nowMs)
  const unjudgeable = holdUnjudgeable(secret, facts)
  if (unjudgeable) return { ...unjudgeable, dueAtMs }
  const { layout } = secret
  const state = { layout, files: facts.files, memory, shape: shapeOf(secret) }
  const verdict = judgeStored({ ...state, nowMs, dueAtMs, forced: options.force })
  if (!verdict) {
    const kept = { reason: 'current', message: keepMessage(dueAtMs, nowMs) } as const
    return { ...repairOrKeep(secret, facts, kept), dueAtMs }
  }
  const hold = holdReading(secret, secret.identity, verdict.message, input)
  if (hold) return { ...(mendMeanwhile(secret, facts) ?? hold), dueAtMs }
  return { kind: 'refresh', material: secret.id, ...verdict, dueAtMs }
}
