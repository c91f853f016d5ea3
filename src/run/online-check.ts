import { type FaultCode, toFault } from '../core/errors.ts'
import type { HostConfig } from '../core/host-config.ts'
import {
  type Identity,
  isShared,
  loginOf,
  type Material,
  type MaterialId,
  needsLogin,
  type Secret,
  type SharedKeyset,
} from '../core/material.ts'
import type { Vault } from '../vault/open-vault.ts'
import type { Session } from '../vault/session.ts'
import { clientPair } from './client-pair.ts'
import type { Host } from './host.ts'
import { readParts } from './observing/observe.ts'
import { withVault } from './server.ts'

export interface OnlineCheck {
  readonly subject: 'server' | MaterialId
  readonly ok: boolean
  readonly message: string
  /** Set when it is not ok. */
  readonly fault?: FaultCode
}

/** What only the server can say: its health, and whether every login and secret these materials need can be had. Signs nothing. */
export function checkOnline(
  config: HostConfig,
  only: ReadonlySet<MaterialId> | undefined,
  host: Host,
  signal: AbortSignal,
): Promise<OnlineCheck[]> {
  const materials = config.materials.filter(({ id }) => only?.has(id) ?? true)
  const identities = identitiesOf(config, materials)
  const check = (vault: Vault, identity: Identity) =>
    checkReading(vault, identity, readableBy(identity, materials), host)
  return withVault(config, host, signal, async (vault) => [
    await checkHealth(vault),
    ...(await Promise.all(identities.map((identity) => check(vault, identity)))).flat(),
  ])
}

/** The identities among these materials, and those whose login the others among them need. */
export function identitiesOf(config: HostConfig, materials: readonly Material[]): Identity[] {
  const ids = new Set(materials.filter(needsLogin).map(loginOf))
  return config.materials.filter((one): one is Identity => one.kind === 'identity' && ids.has(one.id))
}

export type Readable = Secret | SharedKeyset

/** What of these materials is read with the login of an identity. */
export function readableBy({ id }: Identity, materials: readonly Material[]): Readable[] {
  return materials.filter((one) => isReadable(one)).filter((one) => loginOf(one) === id)
}

function isReadable(material: Material): material is Readable {
  return material.kind === 'secret' || (material.kind === 'keyset' && isShared(material))
}

async function checkReading(
  vault: Vault,
  identity: Identity,
  readables: readonly Readable[],
  host: Host,
): Promise<OnlineCheck[]> {
  let read: readonly OnlineCheck[] = []
  const login = await checkLogin(vault, identity, host, async (session) => {
    read = await checkReadable(session, readables)
  })
  return [login, ...read]
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

/** Whether each can be read; what it holds is let go. Never throws. */
export function checkReadable(session: Session, readables: readonly Readable[]): Promise<OnlineCheck[]> {
  return Promise.all(readables.map((one) => checkOne(session, one)))
}

async function checkOne(session: Session, readable: Readable): Promise<OnlineCheck> {
  const { id: subject } = readable
  try {
    return { subject, ok: true, message: `${subject} ${await readOnce(session, readable)}` }
  } catch (error) {
    const { code, message } = toFault(error)
    return {
      subject,
      ok: false,
      message: message.startsWith(subject) ? message : `${subject}: ${message}`,
      fault: code,
    }
  }
}

async function readOnce(session: Session, readable: Readable): Promise<string> {
  if (readable.kind === 'secret')
    return `can be read, at version ${(await session.readSecret(readable)).version}`
  const { kvStore } = await import('./keysets/kv-store.ts')
  const stored = await kvStore(readable, session).read()
  return stored
    ? `can be read, at version ${stored.revision}`
    : 'is to be begun by the next run: its store holds nothing yet'
}
