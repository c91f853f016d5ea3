/** Whether an order may be done: what is refused, and what somebody must agree to first. */
import type { EpochMs } from '../epoch-ms.ts'
import { KeyrollerError } from '../errors.ts'
import type { Keyset } from '../material.ts'
import type { RunMemory } from '../memory.ts'
import { answerOrder } from './answer-order.ts'
import type { Consequence } from './consequence.ts'
import type { AskedOrder, KeysetOrder, OrderAnswer } from './order.ts'
import { factsHere } from './outlook.ts'

export type OrderSteps = Extract<OrderAnswer, { readonly kind: 'steps' }>

/** By what this host remembers of it; asked again of the store before it is done. Undefined when it was never looked at. */
export function previewOrder(
  keyset: Keyset,
  order: KeysetOrder,
  memory: RunMemory,
  nowMs: EpochMs,
): OrderAnswer | undefined {
  const document = memory.materials[keyset.id]?.keyset?.document
  return document && answerOrder(document, keyset.policy, factsHere(keyset, memory), order, nowMs)
}

/** Throws `order-refused`. */
export function mustBeDone(answer: OrderAnswer): OrderSteps {
  if (answer.kind === 'steps') return answer
  throw new KeyrollerError('order-refused', answer.message, { hint: answer.hint })
}

/** Throws `order-refused` for what breaks something that nobody has agreed to. */
export function mustBeAgreed(
  { id }: Pick<Keyset, 'id'>,
  { order, isAgreed }: AskedOrder,
  { message, consequences }: OrderSteps,
): void {
  if (isAgreed || !asksFirst(order, consequences)) return
  const told = consequencesText(consequences).map((line) => `\n  ${line}`)
  throw new KeyrollerError(
    'order-refused',
    `${id}: expected --yes to what follows, found none: ${message}:${told.join('')}`,
    { hint: 'the same command again, with --yes' },
  )
}

/** What others than these bring about is that less is lost, or that more is waited for. */
const BREAKING: ReadonlySet<KeysetOrder['kind']> = new Set(['rotate-now', 'retire', 'destroy', 'unhold'])

export function asksFirst({ kind }: KeysetOrder, consequences: readonly Consequence[]): boolean {
  return BREAKING.has(kind) && consequences.length > 0
}

export function consequencesText(consequences: readonly Consequence[]): string[] {
  return consequences.map(({ reason, message }) => `${reason}: ${message}`)
}
