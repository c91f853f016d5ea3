import type { Executor } from './executor.ts'

/** Few runs are asked for anything: what only an order needs is loaded with it. */
export const orderExecutor: Executor<'order'> = async (step, context) => {
  const { orderKeyset } = await import('../keysets/order-keyset.ts')
  return orderKeyset(step, context)
}
