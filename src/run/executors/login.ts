import { KeyrollerError } from '../../core/errors.ts'
import type { Identity, MaterialId } from '../../core/material.ts'
import type { Session } from '../../vault/session.ts'
import type { SetParts } from '../../x509/render-file.ts'
import { clientPair } from '../client-pair.ts'
import { materialOf, type RunContext } from '../context.ts'
import { readParts } from '../observing/observe.ts'
import type { Executor } from './executor.ts'

/** One login per identity and run; its token is revoked when the run ends. */
export const loginExecutor: Executor<'login'> = async (step, context) => {
  const identity = identityOf(context, step.identity)
  const { policies } = await logIn(identity, context)
  return { message: `${identity.id} logged in with policies ${policies.join(', ') || 'none'}` }
}

/** With the pair on disk. Throws `identity-unusable`, and what a login throws. */
export async function logIn(identity: Identity, context: RunContext): Promise<Session> {
  const parts = pairOnDisk(identity, context)
  const session = await context.vault().login({ login: identity.login, pair: clientPair(identity, parts) })
  context.sessions.set(identity.id, session)
  return session
}

/** What it logs in with. Throws `identity-unusable`. */
export function pairOnDisk(identity: Identity, { host }: Pick<RunContext, 'host'>): SetParts {
  const parts = readParts(identity, host, host.clock())
  if (parts) return parts
  const message = `${identity.id}: expected a key and a certificate, found neither whole`
  throw new KeyrollerError('identity-unusable', message)
}

/** Of the identity's own login, or of its enrolment. */
export function sessionOf({ sessions }: Pick<RunContext, 'sessions'>, id: MaterialId): Session {
  const session = sessions.get(id)
  if (!session) throw new Error(`${id} was planned without a login`)
  return session
}

export function identityOf(context: Pick<RunContext, 'materials'>, id: MaterialId): Identity {
  const material = materialOf(context, id)
  if (material.kind !== 'identity') throw new Error(`${id} is no identity`)
  return material
}
