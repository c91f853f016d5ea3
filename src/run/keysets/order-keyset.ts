/** What a person asks of a keyset is done in its store; the look that follows goes on with what is due, and writes the files. */
import { KeyrollerError } from '../../core/errors.ts'
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
import { MOST_TURNS, type Taking, take, trusted } from './advance-keyset.ts'
import { gatherFacts } from './gather-facts.ts'
import { openStore } from './open-store.ts'
import { rememberBegun } from './remember-begun.ts'

/**
 * One write for all of it. A write that another host has won meanwhile is no failure: the order is judged anew by what it left. Throws
 * `order-refused` with nothing written, and what a store throws.
 */
export async function orderKeyset(step: StepOf<'order'>, context: RunContext): Promise<StepDone> {
  const keyset = keysetOf(context, step.material)
  const store = openStore(keyset, context)
  let { order } = step
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const stored = await store.read()
    const record = trusted(keyset, stored, context)
    order = asSeen(order, record.document)
    const facts = await factsFor(keyset, order, context)
    const nowMs = context.host.clock()
    const answer = mustBeDone(answerOrder(record.document, keyset.policy, facts, order, nowMs))
    mustBeAgreed(keyset, step, answer)
    const done = [answer.message, ...consequencesText(answer.consequences)].join('; ')
    if (answer.steps.length === 0) return { message: `${keyset.id}: ${done}` }
    await rememberBegun(keyset, context)
    const after = await takeAll(answer.steps, { keyset, record, stored, context })
    if ((await store.write(after, stored?.revision)) === 'won') return { message: `${keyset.id}: ${done}` }
  }
  throw new KeyrollerError(
    'keyset-unfit',
    `${keyset.id}: expected to write to its store, found another host to be first ${MOST_TURNS} times`,
  )
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
