import { KeyrollerError } from '../../core/errors.ts'
import type { ServerHealth } from '../../vault/open-vault.ts'
import type { RunContext } from '../context.ts'
import type { Executor } from './executor.ts'

export const healthExecutor: Executor<'health'> = async (_step, context) => {
  const { address, standby, version } = await askHealth(context)
  return { message: `${address} is ${standby ? 'standby' : 'active'}, version ${version || 'unknown'}` }
}

/** A standby forwards what it is asked (Vault's default), so only a sealed or new server is a fault: `vault-sealed`. */
export async function askHealth(context: RunContext): Promise<ServerHealth> {
  const health = await context.vault().health()
  context.server.health = health
  const { address } = health
  if (!health.initialized)
    throw new KeyrollerError('vault-sealed', `${address}: expected an initialised server, found a new one`)
  if (health.sealed)
    throw new KeyrollerError('vault-sealed', `${address}: expected an unsealed server, found it sealed`)
  return health
}
