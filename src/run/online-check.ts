import { type FaultCode, toFault } from '../core/errors.ts'
import { type HostConfig, type Identity, isPaired, type MaterialId, type Paired } from '../core/material.ts'
import type { Vault } from '../vault/open-vault.ts'
import type { Session } from '../vault/session.ts'
import { clientPair } from './client-pair.ts'
import type { Host } from './host.ts'
import { readParts } from './observe.ts'
import { withVault } from './server.ts'

export interface OnlineCheck {
  readonly subject: 'server' | MaterialId
  readonly ok: boolean
  readonly message: string
  /** Set when it is not ok. */
  readonly fault?: FaultCode
}

/** What only the server can say: its health, and whether every login these materials need works. Signs nothing. */
export function checkOnline(
  config: HostConfig,
  only: ReadonlySet<MaterialId> | undefined,
  host: Host,
  signal: AbortSignal,
): Promise<OnlineCheck[]> {
  const identities = identitiesOf(
    config,
    config.materials.filter(({ id }) => only?.has(id) ?? true).filter(isPaired),
  )
  return withVault(config, host, signal, async (vault) => [
    await checkHealth(vault),
    ...(await Promise.all(identities.map((identity) => checkLogin(vault, identity, host)))),
  ])
}

/** The identities among these materials, and those whose login the certificates among them need. */
export function identitiesOf(config: HostConfig, materials: readonly Paired[]): Identity[] {
  const ids = new Set(materials.map((one) => (one.kind === 'identity' ? one.id : one.identity)))
  return config.materials.filter((one): one is Identity => one.kind === 'identity' && ids.has(one.id))
}

export async function checkHealth(vault: Vault): Promise<OnlineCheck> {
  try {
    const { address, sealed, initialized, standby, version } = await vault.health()
    const state = !initialized ? 'not initialised' : sealed ? 'sealed' : standby ? 'standby' : 'active'
    const message = `${address} is ${state}, version ${version || 'unknown'}`
    if (initialized && !sealed) return { subject: 'server', ok: true, message }
    return { subject: 'server', ok: false, message, fault: 'vault-sealed' }
  } catch (error) {
    const { code, message } = toFault(error)
    return { subject: 'server', ok: false, message, fault: code }
  }
}

/** TLS trust, mapping and policies in one go; the token is revoked at once. `use` sees the session before that and must not throw. */
export async function checkLogin(
  vault: Vault,
  identity: Identity,
  host: Host,
  use?: (session: Session) => Promise<void>,
): Promise<OnlineCheck> {
  const subject = identity.id
  const parts = readParts(identity, host, host.clock())
  if (!parts) {
    const message = `${subject}: no key and certificate to log in with`
    return { subject, ok: false, message, fault: 'identity-unusable' }
  }
  try {
    const session = await vault.login({ login: identity.login, pair: clientPair(identity, parts) })
    await use?.(session)
    await session.revoke()
    return {
      subject,
      ok: true,
      message: `${subject} logs in with policies ${session.policies.join(', ') || 'none'}`,
    }
  } catch (error) {
    const { code, message } = toFault(error)
    return { subject, ok: false, message: `${subject}: ${message}`, fault: code }
  }
}
