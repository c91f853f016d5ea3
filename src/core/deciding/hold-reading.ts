/** What keeps a material from being read from its store at this moment, and what is mended meanwhile. */
import { type MaterialFacts, pairFactsOf } from '../facts.ts'
import { hasNewLogin, loginFault, loginObstacle } from '../login-obstacle.ts'
import type { Material, MaterialId } from '../material.ts'
import type { Decision, DecisionInput, Hold } from './decision.ts'
import { findFileDrift } from './file-drift.ts'
import { holdBackingOff } from './hold.ts'

/** `identity` is whose login reads it; undefined where none is needed. */
export function holdReading(
  { id }: Pick<Material, 'id'>,
  identity: MaterialId | undefined,
  why: string,
  { observation, nowMs, options }: DecisionInput,
): Hold | undefined {
  const failure = observation.memory.materials[id]?.failure
  const wait = options.force ? undefined : holdBackingOff({ id }, failure, nowMs)
  if (wait && !(identity && hasNewLogin(identity, failure, observation.memory))) return wait
  if (identity === undefined) return undefined
  const login = pairFactsOf(observation, { id: identity })
  const obstacle = loginObstacle(login)
  if (obstacle === undefined) return undefined
  const message = `${why}; ${identity} cannot log in: ${obstacle}`
  return { kind: 'hold', material: id, reason: 'identity-unusable', fault: loginFault(login), message }
}

/** A file that everybody may read is mended also while the server is away; the run after that tells the wait again. */
export function mendMeanwhile(
  { id, layout }: Pick<Material, 'id' | 'layout'>,
  facts: MaterialFacts,
): Decision | undefined {
  const repairs = findFileDrift(facts, layout).filter(({ how }) => how === 'attributes')
  if (repairs.length === 0) return undefined
  const message = repairs.map((repair) => repair.message).join('; ')
  return { kind: 'repair', material: id, reason: 'file-drift', message, repairs }
}
