import { type KeysetDocument, versionIn } from './document.ts'
import type { KeysetOrder } from './order.ts'

/**
 * A rotation is asked for of the version that was seen in use: two who ask for it at the same moment, on one host or two, mean one, and the
 * second finds it done.
 */
export function asSeen(order: KeysetOrder, document: KeysetDocument | undefined): KeysetOrder {
  if (order.kind !== 'rotate' && order.kind !== 'rotate-now') return order
  const from = order.from ?? (document && versionIn(document, 'active')?.number)
  return from === undefined ? order : { ...order, from }
}
