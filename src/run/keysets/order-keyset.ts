/** What a person asks of a keyset is done in its store; the look that follows goes on with what is due, and writes the files. */
import { answerOrder } from '../../core/keysets/answer-order.ts'
import { asSeen } from '../../core/keysets/as-seen.ts'
import type { KeysetFacts } from '../../core/keysets/gates.ts'
import { consequencesText, mustBeAgreed, mustBeDone } from '../../core/keysets/judge-order.ts'
import type { KeysetOrder } from '../../core/keysets/order.ts'
import { factsHere } from '../../core/keysets/outlook.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import type { KeysetStep } from '../../core/keysets/steps-ahead.ts'
import type { Keyset } from '../../core/material.ts'
import type { StepOf } from '../../core/steps.ts'
import { keysetOf, type RunContext } from '../context.ts'
import type { StepDone } from '../executors/executor.ts'
import { type Taking, take } from './advance-keyset.ts'
import { gatherFacts } from './gather-facts.ts'
import { swapRecord } from './swap-record.ts'

/**
 * A write that another host has won meanwhile is no failure: the order is judged anew by what it left. Throws `order-refused` with
 * nothing written, and what a store throws.
 */
export async function orderKeyset(step: StepOf<'order'>, context: RunContext): Promise<StepDone> {
  const keyset = keysetOf(context, step.material)
  let { order } = step
  const message = await swapRecord(keyset, context, async (taking) => {
    const { document } = taking.record
    order = asSeen(order, document)
    const facts = await factsFor(keyset, order, context)
    const answer = mustBeDone(answerOrder(document, keyset.policy, facts, order, context.host.clock()))
    mustBeAgreed(keyset, step, answer)
    const told = [answer.message, ...consequencesText(answer.consequences)].join('; ')
    return answer.steps.length === 0 ? { told } : { told, make: () => takeAll(answer.steps, taking) }
  })
  return { message: `${keyset.id}: ${message}` }
}

/** Only a rotation has gates. */
function factsFor(
  keyset: Keyset,
  { kind }: KeysetOrder,
  context: RunContext,
): Promise<KeysetFacts> | KeysetFacts {
  const isRotation = kind === 'rotate' || kind === 'rotate-now'
  return isRotation ? gatherFacts(keyset, context) : factsHere(keyset, context.memory.current())
}

async function takeAll(steps: readonly KeysetStep[], taking: Taking): Promise<KeysetRecord> {
  let { record } = taking
  for (const step of steps) record = await take(step, { ...taking, record })
  return record
}
