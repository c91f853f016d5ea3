import type { EpochMs } from '../epoch-ms.ts'
import type { KeysetDocument } from './document.ts'
import type { KeysetFacts } from './gates.ts'
import type { KeysetOrder, OrderAnswer } from './order.ts'
import { answerDestroy, answerRetire } from './order-end.ts'
import { answerHold, answerUnhold } from './order-hold.ts'
import { answerRotate, answerRotateNow } from './order-rotation.ts'
import type { KeysetPolicy } from './policy.ts'

/** What an order comes to on a keyset as it is; asked again whenever that has changed meanwhile. Only a rotation asks for facts. */
export function answerOrder(
  document: KeysetDocument,
  policy: KeysetPolicy,
  facts: KeysetFacts,
  order: KeysetOrder,
  nowMs: EpochMs,
): OrderAnswer {
  switch (order.kind) {
    case 'rotate':
      return answerRotate(document, policy, facts, order, nowMs)
    case 'rotate-now':
      return answerRotateNow(document, policy, facts, order, nowMs)
    case 'retire':
      return answerRetire(document, policy, order.version, nowMs)
    case 'destroy':
      return answerDestroy(document, policy, order.version)
    case 'hold':
      return answerHold(document, policy, order)
    case 'unhold':
      return answerUnhold(document, policy, order.version, nowMs)
  }
}
