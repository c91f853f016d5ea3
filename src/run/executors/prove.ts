import { clientPair } from '../client-pair.ts'
import type { Executor } from './executor.ts'
import { identityOf } from './login.ts'

/** A host must never lock itself out: the new pair logs in before the old one is replaced. */
export const proveExecutor: Executor<'prove'> = async ({ material: id }, context) => {
  const identity = identityOf(context, id)
  const issued = context.issued.get(id)
  if (!issued) throw new Error(`${id} was to be proved but not issued`)
  const vault = context.vault()
  const { policies, revocation } = await vault.prove({
    login: identity.login,
    pair: clientPair(identity, issued.parts),
  })
  const rest = revocation.revoked ? '' : `; its token could not be revoked: ${revocation.message}`
  return { message: `${id}: the new pair logs in with policies ${policies.join(', ') || 'none'}${rest}` }
}
