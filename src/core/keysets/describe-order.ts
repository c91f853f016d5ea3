import type { KeysetOrder } from './order.ts'

/** What was asked for, in a word or two, whatever it comes to. */
export function describeOrder(order: KeysetOrder): string {
  switch (order.kind) {
    case 'rotate':
      return 'rotate'
    case 'rotate-now':
      return 'rotate now'
    case 'retire':
    case 'destroy':
      return `${order.kind} version ${order.version}`
    case 'hold':
      return `hold ${versionsOf(order)}: ${order.why}`
    case 'unhold':
      return `unhold ${versionsOf(order)}`
  }
}

function versionsOf({ version }: { readonly version?: number }): string {
  return version === undefined ? 'every version' : `version ${version}`
}
