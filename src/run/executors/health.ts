import { KeyrollerError } from '../../core/errors.ts'
import type { Executor } from './executor.ts'

/** A standby forwards what it is asked (Vault's default), so only a server that is sealed or new stops the run. */
export const healthExecutor: Executor<'health'> = async (_step, context) => {
  const vault = context.vault()
  const health = await vault.health()
  context.server.health = health
  const { address } = health
  if (!health.initialized)
    throw new KeyrollerError('vault-sealed', `${address}: expected an initialised server, found a new one`)
  if (health.sealed)
    throw new KeyrollerError('vault-sealed', `${address}: expected an unsealed server, found it sealed`)
  return {
    message: `${address} is ${health.standby ? 'standby' : 'active'}, version ${health.version || 'unknown'}`,
  }
}
