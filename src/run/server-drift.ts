/** How far the server is from what this host needs, as far as its own logins show it. Nothing is asked that is forbidden. */
import { KeyrollerError, toFault } from '../core/errors.ts'
import type { HostConfig } from '../core/host-config.ts'
import { type Identity, loginOf, needsLogin } from '../core/material.ts'
import { compareServer, type FoundServer } from '../core/server-side/compare.ts'
import {
  isReadable,
  judgePolicies,
  judgeRights,
  type ServerSideCheck,
  tellChanges,
  tellUnseen,
} from '../core/server-side/host-view.ts'
import { policyPaths } from '../core/server-side/policy-paths.ts'
import { objectPath, type ServerItem, wantedItems } from '../core/server-side/wanted.ts'
import type { Vault } from '../vault/open-vault.ts'
import type { Session } from '../vault/session.ts'
import type { Host } from './host.ts'
import { checkLogin, checkReadable, type OnlineCheck, type Readable } from './online-check.ts'
import { readAuthority, readObjects } from './server-side.ts'

export interface IdentityCheck {
  readonly login: OnlineCheck
  /** Of its secrets and shared keysets; this and what follows is empty when it could not log in. */
  readonly read: readonly OnlineCheck[]
  readonly serverSide: readonly ServerSideCheck[]
}

/** One login, what it shows of the server, and its token revoked. Never throws for what it finds. */
export async function checkIdentity(
  vault: Vault,
  identity: Identity,
  { config, readables }: { readonly config: HostConfig; readonly readables: readonly Readable[] },
  host: Host,
): Promise<IdentityCheck> {
  let read: readonly OnlineCheck[] = []
  let serverSide: readonly ServerSideCheck[] = []
  const login = await checkLogin(vault, identity, host, async (session) => {
    read = await checkReadable(session, readables)
    serverSide = await findServerDrift(session, identity, config)
  })
  return { login, read, serverSide }
}

/** What a login of this identity shows of the server, beside what the materials that sign with it need. Never throws. */
export async function findServerDrift(
  session: Session,
  identity: Identity,
  config: HostConfig,
): Promise<ServerSideCheck[]> {
  try {
    const findings = await lookFrom(session, identity, config)
    return findings.map((finding) => ({ subject: identity.id, ...finding }))
  } catch (error) {
    return [{ subject: identity.id, state: 'unseen', message: toFault(error).message }]
  }
}

async function lookFrom(session: Session, identity: Identity, config: HostConfig) {
  const materials = config.materials.filter((one) => needsLogin(one) && loginOf(one) === identity.id)
  const items = wantedItems({ ...config, materials })
  const objects = items.flatMap((item) => objectPath(item) ?? [])
  const needed = policyPaths(identity, config)
  const rights = await session.capabilities([...needed.map(({ path }) => path), ...objects])
  const isSeen = (item: ServerItem) => {
    // What kind of engine a mount is only an operator sees; that its secrets can be read is seen by reading them.
    if (item.kind === 'kv') return false
    const path = objectPath(item)
    return path === undefined || isReadable(path, rights)
  }
  const seen = items.filter(isSeen)
  const found = await readAsHost(session, identity, seen)
  const unseen = tellUnseen(items.filter((item) => !isSeen(item)))
  const mapping = items.find((item) => item.kind === 'mapping')?.mapping
  return [
    ...(mapping ? [judgePolicies(identity, mapping, session.policies)] : []),
    judgeRights(needed, rights),
    ...tellChanges(compareServer(seen, found)),
    ...(unseen ? [unseen] : []),
  ]
}

/** That it could log in says that its auth method is there, and the certificate of an authority is anybody's to read. */
async function readAsHost(
  { read }: Session,
  { login }: Identity,
  items: readonly ServerItem[],
): Promise<FoundServer> {
  const mounts = new Set<string>()
  const authorities = new Map<string, string>()
  for (const mount of items.flatMap((item) => (item.kind === 'pki' ? [item.mount] : []))) {
    const answer = await readAuthority(read, mount).then((certificate) => ({ certificate }), absentIfDenied)
    if (answer) mounts.add(mount)
    if (answer?.certificate !== undefined) authorities.set(mount, answer.certificate)
  }
  const authMethods = new Map([[login.authMount, 'cert']])
  return { mounts, kvMounts: new Map(), authMethods, authorities, objects: await readObjects(read, items) }
}

/** Vault says of a mount that is not there what it says of anything forbidden. */
function absentIfDenied(error: unknown): undefined {
  if (error instanceof KeyrollerError && error.code === 'vault-denied') return undefined
  throw error
}
