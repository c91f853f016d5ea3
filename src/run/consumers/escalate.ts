/** After a look: what to try next for what is not served, written down before it is tried. */
import { toFault } from '../../core/errors.ts'
import {
  describeOwed,
  describeRung,
  findUnserved,
  nextRung,
  rollBackSteps,
  tellSteps,
  type Unserved,
} from '../../core/planning/escalation.ts'
import type { LadderRung } from '../../core/planning/ladder.ts'
import { isLasting, type Restore } from '../../core/planning/rollback.ts'
import type { StepOutcome } from '../../core/run-events.ts'
import type { Step } from '../../core/steps.ts'
import type { RunContext } from '../context.ts'
import { observe } from '../observing/observe.ts'
import { findWayBack } from './way-back.ts'

/**
 * The steps of the next rung for all that stand on it; none when everything is served or nothing more may be tried, and then
 * it is said what stays owed. Never rejects for what it meets.
 */
export async function escalate(outcomes: readonly StepOutcome[], context: RunContext): Promise<Step[]> {
  if (context.signal.aborted) return []
  const unserved = findUnserved(context.config, context.memory.current(), outcomes)
  const next = nextRung(unserved)
  if (!next) {
    for (const one of unserved) context.note(describeOwed(one))
    return []
  }
  const { rung, climbing } = next
  for (const one of climbing) context.note(describeRung(one, rung))
  try {
    const steps =
      rung === 'roll-back' ? await goBack(climbing, context) : await climb(rung, climbing, context)
    return steps.length > 0 ? steps : escalate(outcomes, context)
  } catch (error) {
    context.note(`nothing more is tried in this run: ${toFault(error).message}`)
    return []
  }
}

/** Who was told already is told once more: that is what the rung is. */
async function climb(
  rung: Exclude<LadderRung, 'roll-back'>,
  climbing: readonly Unserved[],
  context: RunContext,
): Promise<Step[]> {
  await rememberTried(climbing, rung, context)
  context.told.clear()
  return tellSteps(rung, climbing, context.host.clock())
}

/** Throws `state-failed`: a restart that is not remembered would be done again by every run. */
function rememberTried(
  climbing: readonly Unserved[],
  rung: LadderRung,
  { memory }: RunContext,
): Promise<void> {
  return memory.update((before) => {
    const materials = { ...before.materials }
    for (const { material, fingerprint, tried } of climbing)
      materials[material.id] = {
        ...materials[material.id],
        escalation: { fingerprint, tried: [...tried, rung] },
      }
    return { ...before, materials }
  })
}

/** A way back that was found is not remembered as tried: what it installs is, and a run that was killed may try again. */
async function goBack(climbing: readonly Unserved[], context: RunContext): Promise<Step[]> {
  const found = climbing.map((one) => ({ one, way: openWay(one, context) }))
  const lost = found.flatMap(({ one, way }) => (way ? [] : [one]))
  if (lost.length > 0) await rememberTried(lost, 'roll-back', context)
  const ways = found.flatMap(({ way }) => way ?? [])
  if (ways.length === 0) return []
  // Other files are installed: who was restarted for those before has not read them.
  context.told.clear()
  context.restarted.clear()
  const { config, host, memory } = context
  const nowMs = host.clock()
  return rollBackSteps(config, observe({ config, host, memory: memory.current(), nowMs }), ways, nowMs)
}

/** What is installed comes from the store from here on. */
function openWay({ material }: Unserved, context: RunContext): Restore | undefined {
  const { config, host, memory } = context
  const known = memory.current().materials[material.id]
  try {
    const { set, observation, ...restored } = findWayBack({ material }, context)
    if (!isLasting(config, observation, { material, set }, host.clock())) {
      context.note(`${material.id} stays: what was kept would be renewed at once, and is the same again`)
      return undefined
    }
    const remember = { ...restored.remember, rolledBackWhy: known?.served?.message ?? 'not served' }
    context.issued.set(material.id, { ...restored, remember })
    return { material, set }
  } catch (error) {
    context.note(`${material.id} has no way back: ${toFault(error).message}`)
    return undefined
  }
}
