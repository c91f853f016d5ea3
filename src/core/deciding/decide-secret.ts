import { pairFactsOf, type SecretFacts, secretFactsOf } from '../facts.ts'
import { hasNewLogin, loginFault, loginObstacle } from '../login-obstacle.ts'
import type { Secret } from '../material.ts'
import { judgeSecret, readAt } from '../secrets/secret.ts'
import type { Decision, DecisionInput, Hold } from './decision.ts'
import { findFileDrift } from './file-drift.ts'
import { holdBackingOff, holdUnjudgeable } from './hold.ts'
import { keepMessage, repairOrKeep } from './repair-or-keep.ts'

/** A secret is read when its time has come or a file is not as it was written; mode and owner are mended without the server. */
export function decideSecret(secret: Secret, input: DecisionInput): Decision {
  const { observation, nowMs, options } = input
  const facts = secretFactsOf(observation, secret)
  const memory = observation.memory.materials[secret.id]?.secret
  const dueAtMs = readAt(secret, memory, nowMs)
  const unjudgeable = holdUnjudgeable(secret, facts)
  if (unjudgeable) return { ...unjudgeable, dueAtMs }
  const verdict = judgeSecret({ secret, facts, memory, nowMs, dueAtMs, forced: options.force })
  if (!verdict) {
    const kept = { reason: 'current', message: keepMessage(dueAtMs, nowMs) } as const
    return { ...repairOrKeep(secret, facts, kept), dueAtMs }
  }
  const hold = holdReading(secret, verdict.message, input)
  if (hold) return { ...(mendMeanwhile(secret, facts) ?? hold), dueAtMs }
  return { kind: 'refresh', material: secret.id, ...verdict, dueAtMs }
}

function holdReading(
  { id, identity }: Secret,
  why: string,
  { observation, nowMs, options }: DecisionInput,
): Hold | undefined {
  const failure = observation.memory.materials[id]?.failure
  const wait = options.force ? undefined : holdBackingOff({ id }, failure, nowMs)
  if (wait && !hasNewLogin(identity, failure, observation.memory)) return wait
  const login = pairFactsOf(observation, { id: identity })
  const obstacle = loginObstacle(login)
  if (obstacle === undefined) return undefined
  const message = `${why}; ${identity} cannot log in: ${obstacle}`
  return { kind: 'hold', material: id, reason: 'identity-unusable', fault: loginFault(login), message }
}

/** A file that everybody may read is mended also while the server is away; the run after that tells the wait again. */
function mendMeanwhile({ id, layout }: Secret, facts: SecretFacts): Decision | undefined {
  const repairs = findFileDrift(facts, layout).filter(({ how }) => how === 'attributes')
  if (repairs.length === 0) return undefined
  const message = repairs.map((repair) => repair.message).join('; ')
  return { kind: 'repair', material: id, reason: 'file-drift', message, repairs }
}
