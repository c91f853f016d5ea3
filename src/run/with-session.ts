import type { HostConfig } from '../core/host-config.ts'
import type { Identity } from '../core/material.ts'
import type { Session } from '../vault/session.ts'
import { clientPair } from './client-pair.ts'
import { pairOnDisk } from './executors/login.ts'
import type { Host } from './host.ts'
import { withVault } from './server.ts'

export interface SessionRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly signal: AbortSignal
}

/** One login for one piece of work outside of a run's steps; its token ends with it. Throws `identity-unusable`, and what a login throws. */
export function withSession<T>(
  identity: Identity,
  { config, host, signal }: SessionRequest,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withVault(config, host, signal, async (vault) => {
    const pair = clientPair(identity, pairOnDisk(identity, { host }))
    const session = await vault.login({ login: identity.login, pair })
    try {
      return await work(session)
    } finally {
      await session.revoke()
    }
  })
}
