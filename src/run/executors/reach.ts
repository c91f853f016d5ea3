import { KeyrollerError } from '../../core/errors.ts'
import { keysetOf } from '../context.ts'
import type { Executor } from './executor.ts'

/** Throws `control-plane-away`. */
export const reachExecutor: Executor<'reach'> = async ({ material }, context) => {
  const { askControlPlane } = await import('../keysets/ask-control-plane.ts')
  const found = await askControlPlane(keysetOf(context, material), context)
  if (found.state !== 'unreachable') return { message: `${material}: its control plane answers` }
  throw new KeyrollerError(
    'control-plane-away',
    `${material}: expected a control plane that answers, found ${found.why}`,
  )
}
