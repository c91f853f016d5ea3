import type { HostConfig } from '../host-config.ts'
import type { KeyType } from '../key-type.ts'
import { type Identity, isPaired, type MappingPins, type Paired, type Secret } from '../material.ts'
import { formatCapabilities } from './policy.ts'
import { type PolicySource, policyPaths, sharedKeysets } from './policy-paths.ts'

/** Values as Vault's API reads them back; a list is a set. */
export type ServerValue = string | number | boolean | readonly string[]
export type ServerFields = Readonly<Record<string, ServerValue>>

export type ServerItem =
  | { readonly kind: 'auth'; readonly mount: string }
  /** Its authorities are an operator's own affair: it must be there, and is never made. */
  | { readonly kind: 'pki'; readonly mount: string }
  /** The same of a KV engine, which must be of version 2. */
  | { readonly kind: 'kv'; readonly mount: string }
  | { readonly kind: 'role'; readonly pkiMount: string; readonly role: string; readonly fields: ServerFields }
  | { readonly kind: 'policy'; readonly name: string; readonly rules: string }
  | { readonly kind: 'mapping'; readonly mapping: WantedMapping }
  /** Only where it was asked for: no way in but cert auth. */
  | { readonly kind: 'cert-only' }
  /** Only where it was asked for, and only names: the values stay with whoever read them. */
  | { readonly kind: 'seed'; readonly secret: Secret; readonly fields: readonly string[] }

export interface WantedMapping {
  readonly authMount: string
  readonly name: string
  /** With `certificate` that is the host's own to write. */
  readonly pins: MappingPins
  /** The mount whose issuing authority the mapping pins otherwise. */
  readonly pkiMount: string
  readonly commonName: string
  readonly policies: readonly string[]
  readonly dropPolicies: readonly string[]
  readonly tokenTtlS: number
}

/** Where what an item is compared with is read; of a mount there is no object of its own. */
export function objectPath(item: ServerItem): string | undefined {
  switch (item.kind) {
    case 'pki':
    case 'kv':
    case 'auth':
    case 'cert-only':
      return undefined
    case 'role':
      return `${item.pkiMount}/roles/${item.role}`
    case 'policy':
      return `sys/policies/acl/${item.name}`
    case 'mapping':
      return `auth/${item.mapping.authMount}/certs/${item.mapping.name}`
    case 'seed':
      return `${item.secret.kvMount}/metadata/${item.secret.path}`
  }
}

/** In the order in which they can be made: a mapping names policies, and pins what a mount holds. */
export function wantedItems({ previous, ...config }: HostConfig): ServerItem[] {
  const materials = config.materials.filter(isPaired)
  const identities = materials.filter((material) => material.kind === 'identity')
  return [
    ...unique(materials.map(({ issuance }) => issuance.pkiMount)).map(
      (mount) => ({ kind: 'pki', mount }) as const,
    ),
    ...unique(kvMounts(config)).map((mount) => ({ kind: 'kv', mount }) as const),
    ...unique(identities.map(({ login }) => login.authMount)).map(
      (mount) => ({ kind: 'auth', mount }) as const,
    ),
    ...roles(materials),
    ...identities.map((identity) => policyOf(identity, { ...config, previous })),
    ...identities.map((identity) => ({ kind: 'mapping', mapping: mappingOf(identity) }) as const),
  ]
}

function roles(materials: readonly Paired[]): ServerItem[] {
  const byRole = Map.groupBy(materials, ({ issuance }) => `${issuance.pkiMount}\0${issuance.role}`)
  return [...byRole.values()].flatMap(([first, ...more]): ServerItem[] => {
    if (!first) return []
    const { pkiMount, role } = first.issuance
    return [{ kind: 'role', pkiMount, role, fields: roleFields([first, ...more]) }]
  })
}

/** Everything that is signed under one role. What is not named here stays as an operator has set it. */
function roleFields(materials: readonly Paired[]): ServerFields {
  const names = unique(materials.flatMap(({ issuance }) => [issuance.commonName, ...issuance.dnsNames]))
  const domains = unique(materials.flatMap(({ server }) => server.allowedDomains ?? []))
  const isBelow = (name: string) => domains.some((domain) => name.endsWith(`.${domain}`))
  const bare = names.filter((name) => !isBelow(name))
  const lifetimes = materials.flatMap(({ server, issuance }) => server.maxTtlMs ?? issuance.ttlMs ?? [])
  const uris = unique(materials.flatMap(({ issuance }) => issuance.uris))
  return {
    allowed_domains: unique([...domains, ...bare]).sort(),
    allow_bare_domains: bare.length > 0,
    allow_subdomains: domains.length > 0,
    allow_ip_sans: materials.some(({ issuance }) => issuance.ipAddresses.length > 0),
    client_flag: materials.some(({ kind }) => kind === 'identity'),
    server_flag: materials.some(({ kind }) => kind === 'certificate'),
    ...keyFields(unique(materials.map(({ issuance }) => issuance.keyType))),
    ...(uris.length > 0 ? { allowed_uri_sans: uris.sort() } : {}),
    ...(lifetimes.length === materials.length ? { max_ttl: Math.max(...lifetimes) / 1000 } : {}),
  }
}

/** Of secrets, of keysets that are shared, and of cards. */
function kvMounts({ materials, fleet }: Pick<HostConfig, 'materials' | 'fleet'>): string[] {
  const shared = sharedKeysets(materials)
  const secrets = materials.filter((material) => material.kind === 'secret')
  const stores = [...secrets, ...shared.map(({ store }) => store)]
  const isFleetUsed = fleet?.card !== undefined || shared.length > 0
  return [...stores.map(({ kvMount }) => kvMount), ...(fleet && isFleetUsed ? [fleet.kvMount] : [])]
}

/** A role takes one type of key, or any. */
function keyFields(types: readonly KeyType[]): ServerFields {
  const [only, ...more] = types
  if (only === undefined || more.length > 0) return { key_type: 'any', key_bits: 0 }
  const [type = '', bits = '0'] = only.split('-')
  return { key_type: type, key_bits: Number(bits.replace('p', '')) }
}

/**
 * A host signs under the roles of its own materials, reads its own secrets, advances its own keysets, and writes to its mapping which certificates that trusts where the
 * mapping trusts its own alone: that field and no other, since whoever writes the policies of a mapping gives them to itself.
 */
export function policyOf(identity: Identity, config: PolicySource): ServerItem & { kind: 'policy' } {
  const rules = formatCapabilities(identity.id, policyPaths(identity, config))
  return { kind: 'policy', name: policyName(identity), rules }
}

function mappingOf(identity: Identity): WantedMapping {
  const { login, issuance, server } = identity
  return {
    authMount: login.authMount,
    name: login.mapping,
    pins: identity.mappingPins,
    pkiMount: issuance.pkiMount,
    commonName: issuance.commonName,
    policies: unique([policyName(identity), ...(server.policies ?? [])]),
    dropPolicies: server.dropPolicies ?? [],
    tokenTtlS: (server.tokenTtlMs ?? DEFAULT_TOKEN_TTL_MS) / 1000,
  }
}

/** Twice the longest run by default: a token ends with its run anyway. */
const DEFAULT_TOKEN_TTL_MS = 20 * 60_000

function policyName({ name, server }: Identity): string {
  return server.policy ?? `keyroller-${name}`
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
