/** What the policy of an identity has to allow, so that a host can do its work and nothing else. */
import { cardPath } from '../fleet/card.ts'
import type { FleetConfig, HostConfig, OwnCard, RevokeMode } from '../host-config.ts'
import {
  type Identity,
  isPaired,
  isShared,
  loginOf,
  type Material,
  type Secret,
  type SharedKeyset,
} from '../material.ts'
import { mappingPath } from '../planning/pinned.ts'
import type { PolicyPath } from './policy.ts'

export type PolicySource = Pick<HostConfig, 'materials' | 'previous' | 'fleet'>

export function policyPaths(identity: Identity, { materials, previous, fleet }: PolicySource): PolicyPath[] {
  const own = materials.filter(isPaired).filter((material) => loginOf(material) === identity.id)
  const paths = unique(own.map(({ issuance }) => `${issuance.pkiMount}/sign/${issuance.role}`))
  const mounts = unique(own.map(({ issuance }) => issuance.pkiMount))
  const revoking = mounts.flatMap((mount) => revokePath(mount, previous.revoke))
  const rules = [...paths, ...revoking].map((path): PolicyPath => ({ path, capabilities: ['update'] }))
  const isOwn = (one: Material): one is Secret => one.kind === 'secret' && one.identity === identity.id
  const secrets = materials.filter(isOwn)
  const read = unique(secrets.map(({ kvMount, path }) => `${kvMount}/data/${path}`))
  rules.push(...read.map((path): PolicyPath => ({ path, capabilities: ['read'] })))
  const keysets = sharedKeysets(materials).filter(({ store }) => store.identity === identity.id)
  rules.push(...keysets.flatMap(keysetPaths))
  const readsCards = keysets.length > 0
  if (fleet && readsCards) rules.push(...allCards(fleet))
  if (fleet?.card?.identity === identity.id) rules.push(ownCard(fleet, fleet.card, readsCards))
  if (identity.mappingPins === 'certificate') rules.push(ownPins(mappingPath(identity)))
  return rules
}

export function sharedKeysets(materials: readonly Material[]): SharedKeyset[] {
  return materials.filter((material) => material.kind === 'keyset').filter(isShared)
}

/** Only where replaced certificates are revoked by themselves; a person can bring a token with more rights. */
function revokePath(mount: string, mode: RevokeMode): string[] {
  switch (mode) {
    case 'no':
      return []
    case 'any':
      return [`${mount}/revoke`]
    case 'own-key':
      return [`${mount}/revoke-with-key`]
  }
}

/** Its record is read, and written by whichever host is first; writes that hold bytes that are gone since are destroyed. */
function keysetPaths({ store: { kvMount, path } }: SharedKeyset): PolicyPath[] {
  return [
    { path: `${kvMount}/data/${path}`, capabilities: ['create', 'read', 'update'] },
    { path: `${kvMount}/destroy/${path}`, capabilities: ['update'] },
  ]
}

/** No version of a shared key is put in use before the other hosts know it, and what they know is on their cards. */
function allCards({ kvMount, path }: FleetConfig): PolicyPath[] {
  return [
    { path: `${kvMount}/metadata/${path}/*`, capabilities: ['list'] },
    { path: `${kvMount}/data/${path}/*`, capabilities: ['read'] },
  ]
}

/**
 * Written, and never read unless all of them are: what it told is kept by the host. Vault looks at the longest path that matches alone,
 * so what is allowed on all of them is said here again.
 */
function ownCard(fleet: FleetConfig, own: OwnCard, isRead: boolean): PolicyPath {
  const capabilities = isRead ? ['create', 'read', 'update'] : ['create', 'update']
  return { path: `${fleet.kvMount}/data/${cardPath(fleet, own)}`, capabilities }
}

function ownPins(path: string): PolicyPath {
  return { path, capabilities: ['read', 'update'], allowedParameters: ['certificate'] }
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
