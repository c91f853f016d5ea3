/** How the server differs from what this host needs, as changes an operator can read before they are made. Pure. */
import type { MaterialId } from '../material.ts'
import { samePolicy } from './policy.ts'
import {
  objectPath,
  type ServerFields,
  type ServerItem,
  type ServerValue,
  type WantedMapping,
} from './wanted.ts'

/** What was read of the server; a path that holds nothing is missing from the map. */
export interface FoundServer {
  readonly mounts: ReadonlySet<string>
  /** What is mounted where a KV engine is wanted, like `kv version 2`. */
  readonly kvMounts: ReadonlyMap<string, string>
  readonly authMethods: ReadonlyMap<string, string>
  readonly objects: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** PEM of the issuing authority, by PKI mount. */
  readonly authorities: ReadonlyMap<string, string>
}

export interface Difference {
  readonly field: string
  readonly wanted: ServerValue
  readonly found: unknown
}

export type ServerChange = {
  /** The API path, without `/v1/`. */
  readonly path: string
  readonly message: string
} & (
  | { readonly action: 'keep' }
  /** Only an operator can mend it, or must decide. */
  | { readonly action: 'refuse' }
  /** A secret is written where there is none; its values are no part of the change. */
  | { readonly action: 'seed'; readonly material: MaterialId; readonly fields: readonly string[] }
  | {
      readonly action: 'create' | 'update'
      readonly differences: readonly Difference[]
      /** What is written: of a role everything it had too, because Vault resets what a write does not name. */
      readonly write: Readonly<Record<string, unknown>>
    }
)

/** One change per item, in the same order. */
export function compareServer(items: readonly ServerItem[], found: FoundServer): ServerChange[] {
  return items.map((item) => compareItem(item, found))
}

function compareItem(item: ServerItem, found: FoundServer): ServerChange {
  switch (item.kind) {
    case 'pki':
      return comparePki(item.mount, found)
    case 'kv':
      return compareKv(item.mount, found)
    case 'auth':
      return compareAuth(item.mount, found)
    case 'role':
      return compareRole(item, found)
    case 'policy':
      return comparePolicy(item, found)
    case 'mapping':
      return compareMapping(item.mapping, found)
    case 'cert-only':
      return compareMethods(found)
    case 'seed':
      return compareSeed(item, found)
  }
}

function comparePki(mount: string, { mounts, authorities }: FoundServer): ServerChange {
  const path = `sys/mounts/${mount}`
  if (!mounts.has(mount))
    return {
      path,
      action: 'refuse',
      message: 'expected a PKI mount, found none: its authorities are yours to make',
    }
  if (!authorities.has(mount))
    return { path, action: 'refuse', message: 'expected an issuing authority in the mount, found none' }
  return { path, action: 'keep', message: 'a PKI mount with an issuing authority' }
}

function compareKv(mount: string, { kvMounts }: FoundServer): ServerChange {
  const path = `sys/mounts/${mount}`
  const found = kvMounts.get(mount)
  if (found === 'kv version 2') return { path, action: 'keep', message: 'a KV engine of version 2' }
  const mended = {
    none: `: vault secrets enable -path=${mount} -version=2 kv`,
    'kv version 1': `: vault kv enable-versioning ${mount}`,
  }[found ?? 'none']
  const message = `expected a KV engine of version 2, found ${found ?? 'none'}${mended ?? ''}`
  return { path, action: 'refuse', message }
}

function compareAuth(mount: string, { authMethods }: FoundServer): ServerChange {
  const path = `sys/auth/${mount}`
  const type = authMethods.get(mount)
  if (type === 'cert') return { path, action: 'keep', message: 'cert auth is enabled' }
  if (type !== undefined)
    return { path, action: 'refuse', message: `expected the cert auth method, found ${type}` }
  const write = { type: 'cert' }
  return { path, action: 'create', message: 'enable cert auth', write, differences: differencesOf(write, {}) }
}

/**
 * A role is only ever widened: other hosts may sign under it, and what it allows beyond this one is not this one's to take
 * away. That is told instead. Its key type alone is set, unless the role takes any.
 */
function compareRole(
  { pkiMount, role, fields }: ServerItem & { kind: 'role' },
  { objects }: FoundServer,
): ServerChange {
  const path = `${pkiMount}/roles/${role}`
  const before = objects.get(path)
  const needed = before ? withoutCovered(fields, before) : fields
  const widened = widen(needed, before ?? {})
  const beyond = Object.keys(needed).filter((field) => !isSame(needed[field] ?? '', widened[field]))
  const note = beyond.length > 0 ? `; it allows more than this host needs: ${beyond.join(', ')}` : ''
  return changeOf(path, `role ${role}${note}`, widened, before, { ...before, ...widened })
}

/** A name that the role signs for anyway, below one of its domains, needs no entry of its own, nor that entries are names. */
function withoutCovered(fields: ServerFields, before: Readonly<Record<string, unknown>>): ServerFields {
  const { allowed_domains: names, allow_bare_domains: _, ...rest } = fields
  if (fields.allow_subdomains === true || typeof names !== 'object') return fields
  const domains = before.allow_subdomains === true ? listOf(before.allowed_domains) : []
  const isCovered = (name: string) =>
    before.allow_any_name === true || domains.some((domain) => name.endsWith(`.${domain}`))
  const left = names.filter((name) => !isCovered(name))
  return left.length === 0 ? rest : { ...fields, allowed_domains: left }
}

function widen(wanted: ServerFields, before: Readonly<Record<string, unknown>>): ServerFields {
  const takesAny = before.key_type === 'any'
  return Object.fromEntries(
    Object.entries(wanted).map(([field, value]): [string, ServerValue] => {
      const found = before[field]
      if (field === 'key_type' || field === 'key_bits') return [field, takesAny ? ANY_KEY[field] : value]
      if (typeof value === 'boolean') return [field, value || found === true]
      if (typeof value === 'number') return [field, Math.max(value, typeof found === 'number' ? found : 0)]
      return [field, typeof value === 'string' ? value : [...new Set([...value, ...listOf(found)])].sort()]
    }),
  )
}

const ANY_KEY = { key_type: 'any', key_bits: 0 } as const

function comparePolicy(
  { name, rules }: ServerItem & { kind: 'policy' },
  { objects }: FoundServer,
): ServerChange {
  const path = `sys/policies/acl/${name}`
  const before = objects.get(path)
  const text = typeof before?.policy === 'string' ? before.policy : undefined
  if (text !== undefined && samePolicy(text, rules)) return keep(path, `policy ${name}`)
  return changeOf(path, `policy ${name}`, { policy: rules }, before, { policy: rules })
}

/** Policies an operator attached beside the wanted ones stay, and are told; only those to be dropped go. */
function compareMapping(wanted: WantedMapping, found: FoundServer): ServerChange {
  const path = `auth/${wanted.authMount}/certs/${wanted.name}`
  const before = found.objects.get(path)
  const trusted = trustOf(wanted, before !== undefined, found)
  if (typeof trusted === 'string') return { path, action: 'refuse', message: trusted }
  const attached = listOf(before?.token_policies).filter((name) => !wanted.dropPolicies.includes(name))
  const fields = {
    ...trusted,
    allowed_common_names: [wanted.commonName],
    token_policies: [...new Set([...wanted.policies, ...attached])],
    token_ttl: wanted.tokenTtlS,
  }
  const extra = attached.filter((name) => !wanted.policies.includes(name))
  const note = extra.length > 0 ? `; beside what is configured: ${extra.join(', ')}` : ''
  return changeOf(path, `mapping ${wanted.name}${note}`, fields, before, fields)
}

/** Tokens are a method of every server. Another method may be somebody else's way in: it is told, and never disabled. */
function compareMethods({ authMethods }: FoundServer): ServerChange {
  const path = 'sys/auth'
  const others = [...authMethods].filter(([, type]) => !['cert', 'token', 'ns_token'].includes(type))
  if (others.length === 0) return { path, action: 'keep', message: 'cert auth alone' }
  const names = others.map(([mount, type]) => (mount === type ? type : `${type} at ${mount}`))
  const message = `expected cert auth alone, found ${names.join(', ')}: yours to disable`
  return { path, action: 'refuse', message }
}

/** Whatever is there stays, a deleted version too. */
function compareSeed(item: ServerItem & { kind: 'seed' }, { kvMounts, objects }: FoundServer): ServerChange {
  const { id, kvMount, path: below } = item.secret
  const path = `${kvMount}/data/${below}`
  if (kvMounts.get(kvMount) !== 'kv version 2')
    return { path, action: 'refuse', message: 'expected a KV engine of version 2 to seed in, found none' }
  if (objects.has(objectPath(item) ?? ''))
    return { path, action: 'keep', message: 'a secret is there and stays' }
  const { fields } = item
  return { path, action: 'seed', material: id, fields, message: `seed ${id} with ${fields.join(', ')}` }
}

/** Fields, or why there can be none. Which certificates a mapping of the host's own trusts is written by the host alone. */
function trustOf(
  { pins, pkiMount }: WantedMapping,
  isThere: boolean,
  { authorities }: FoundServer,
): { readonly certificate?: string } | string {
  if (pins === 'certificate')
    return isThere
      ? {}
      : 'expected a mapping that trusts the certificate of the host, found none: yours to make'
  const certificate = authorities.get(pkiMount)
  return certificate === undefined
    ? `expected an issuing authority at ${pkiMount}, found none`
    : { certificate }
}

function changeOf(
  path: string,
  what: string,
  wanted: ServerFields,
  before: Readonly<Record<string, unknown>> | undefined,
  write: Readonly<Record<string, unknown>>,
): ServerChange {
  const differences = differencesOf(wanted, before ?? {})
  if (before !== undefined && differences.length === 0) return keep(path, what)
  const action = before === undefined ? 'create' : 'update'
  return { path, action, message: `${action} ${what}`, differences, write }
}

function keep(path: string, what: string): ServerChange {
  return { path, action: 'keep', message: `${what} as it should be` }
}

function differencesOf(wanted: ServerFields, found: Readonly<Record<string, unknown>>): Difference[] {
  return Object.entries(wanted).flatMap(([field, value]) =>
    isSame(value, found[field]) ? [] : [{ field, wanted: value, found: found[field] }],
  )
}

function isSame(wanted: ServerValue, found: unknown): boolean {
  if (typeof wanted === 'string') return typeof found === 'string' && wanted.trim() === found.trim()
  if (typeof wanted !== 'object') return wanted === found
  return [...wanted].sort().join('\0') === listOf(found).sort().join('\0')
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
