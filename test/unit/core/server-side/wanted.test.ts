import { expect, test } from 'vitest'
import type { FleetConfig } from '../../../../src/core/host-config.ts'
import type { Material } from '../../../../src/core/material.ts'
import type { PolicyPath } from '../../../../src/core/server-side/policy.ts'
import { policyPaths } from '../../../../src/core/server-side/policy-paths.ts'
import { type ServerItem, wantedItems } from '../../../../src/core/server-side/wanted.ts'
import { certificate, config, DAY_MS, identity, secret } from '../builders.ts'
import { keyset } from '../keyset-builders.ts'

const AGENT = identity('web', {
  issuance: { role: 'agent-mtls-web', commonName: 'agent-web.prod.example.com', ttlMs: 30 * DAY_MS },
  server: { policy: 'pki-issue-web', policies: ['marker-cert-auth'], dropPolicies: ['debug-policy'] },
})
const LEAF = certificate('web', {
  identity: 'identity/web',
  issuance: { role: 'nginx-web', commonName: 'web.int.example.com', ttlMs: DAY_MS },
  server: { allowedDomains: ['int.example.com'] },
})

test('mounts, methods, roles, policies, mappings: in the order in which they can be made', () => {
  expect(items(AGENT, LEAF).map(({ kind }) => kind)).toEqual([
    'pki',
    'auth',
    'role',
    'role',
    'policy',
    'mapping',
  ])
})

test('a secret is read by its own identity alone, in a KV engine that must be there', () => {
  const other = identity('other')
  const all = items(AGENT, other, secret('db', { identity: 'identity/web', path: 'web/db' }))
  expect(all.filter(({ kind }) => kind === 'kv')).toEqual([{ kind: 'kv', mount: 'secret' }])
  const [own, others] = all.flatMap((item) => (item.kind === 'policy' ? [item.rules] : []))
  expect(own).toContain('path "secret/data/web/db" {\n  capabilities = ["read"]\n}')
  expect(others).not.toContain('secret/data')
})

const TOKENS = keyset('tokens', {
  store: { kind: 'shared', identity: 'identity/web', kvMount: 'kv', path: 'keysets/tokens', hosts: [] },
})
const FLEET: FleetConfig = {
  kvMount: 'secret',
  path: 'keyroller/fleet',
  trustFile: '/etc/root.pem',
  strict: true,
}
const CARD = { identity: 'identity/web', name: 'agent-web.prod.example.com', everyMs: DAY_MS } as const

test('a keyset that is shared is read, written and swept by its own identity, in a KV engine that must be there', () => {
  const all = items(AGENT, identity('other'), TOKENS, keyset('own'))
  expect(all.filter(({ kind }) => kind === 'kv')).toEqual([{ kind: 'kv', mount: 'kv' }])
  expect(policyPaths(AGENT, config(AGENT, TOKENS)).slice(1)).toEqual([
    { path: 'kv/data/keysets/tokens', capabilities: ['create', 'read', 'update'] },
    { path: 'kv/destroy/keysets/tokens', capabilities: ['update'] },
  ])
  expect(policyPaths(AGENT, config(AGENT, keyset('own')))).toHaveLength(1)
})

test.each<[string, FleetConfig, PolicyPath[]]>([
  ['alone', FLEET, []],
  [
    'with a card of its own, which a longer path would keep it from reading',
    { ...FLEET, card: CARD },
    [
      {
        path: 'secret/data/keyroller/fleet/agent-web.prod.example.com',
        capabilities: ['create', 'read', 'update'],
      },
    ],
  ],
])('in a fleet its identity reads the cards of the others: %s', (_, fleet, own) => {
  const source = { ...config(AGENT, TOKENS), fleet }
  expect(policyPaths(AGENT, source).slice(3)).toEqual([
    { path: 'secret/metadata/keyroller/fleet/*', capabilities: ['list'] },
    { path: 'secret/data/keyroller/fleet/*', capabilities: ['read'] },
    ...own,
  ])
  expect(wantedItems(source).filter(({ kind }) => kind === 'kv')).toHaveLength(2)
})

test('without a shared keyset a host writes its card and reads none', () => {
  const paths = policyPaths(AGENT, { ...config(AGENT), fleet: { ...FLEET, card: CARD } })
  expect(paths.slice(1).map(({ capabilities }) => capabilities)).toEqual([['create', 'update']])
})

test('an identity signs for its one name, as a client; a leaf below its domains, as a server', () => {
  expect(rolesOf(AGENT, LEAF)).toEqual({
    'agent-mtls-web': {
      allowed_domains: ['agent-web.prod.example.com'],
      allow_bare_domains: true,
      allow_subdomains: false,
      allow_ip_sans: false,
      client_flag: true,
      server_flag: false,
      key_type: 'ec',
      key_bits: 256,
      max_ttl: 2_592_000,
    },
    'nginx-web': {
      allowed_domains: ['int.example.com'],
      allow_bare_domains: false,
      allow_subdomains: true,
      allow_ip_sans: false,
      client_flag: false,
      server_flag: true,
      key_type: 'ec',
      key_bits: 256,
      max_ttl: 86_400,
    },
  })
})

test('a role of several materials allows what all of them need, and no lifetime when one of them names none', () => {
  const role = 'shared'
  const roles = rolesOf(
    certificate('a', { issuance: { role, commonName: 'a.example.com', keyType: 'rsa-2048', ttlMs: DAY_MS } }),
    certificate('b', {
      issuance: { role, commonName: 'b.example.com', ipAddresses: ['192.0.2.1'], uris: ['spiffe://x/b'] },
    }),
  )
  expect(roles.shared).toMatchObject({
    allowed_domains: ['a.example.com', 'b.example.com'],
    allow_ip_sans: true,
    allowed_uri_sans: ['spiffe://x/b'],
    key_type: 'any',
    key_bits: 0,
  })
  expect(roles.shared).not.toHaveProperty('max_ttl')
})

test.each([
  ['ec-p384', 'ec', 384],
  ['ec-p521', 'ec', 521],
  ['rsa-4096', 'rsa', 4096],
  ['ed25519', 'ed25519', 0],
] as const)('a key of type %s', (keyType, type, bits) => {
  const roles = rolesOf(certificate('a', { issuance: { role: 'a', keyType } }))
  expect(roles.a).toMatchObject({ key_type: type, key_bits: bits })
})

test('the policy lets a host have its own requests signed, and nothing else', () => {
  const other = certificate('other', { identity: 'identity/other', issuance: { role: 'other' } })
  const [policy] = items(AGENT, LEAF, other).filter((item) => item.kind === 'policy')
  expect(policy).toEqual({
    kind: 'policy',
    name: 'pki-issue-web',
    rules: `# what keyroller's identity/web may do

path "pki-prod/sign/agent-mtls-web" {
  capabilities = ["update"]
}

path "pki-prod/sign/nginx-web" {
  capabilities = ["update"]
}
`,
  })
})

test('a host that is to pin its own certificate may write that field of its own mapping, and no other', () => {
  const [policy] = items({ ...AGENT, mappingPins: 'certificate' }).filter((item) => item.kind === 'policy')
  expect(policy?.rules).toContain(`path "auth/cert/certs/agent-web" {
  capabilities = ["read", "update"]
  allowed_parameters = { "certificate" = [] }
}
`)
})

test('the mapping pins the authority and the name, with its own policy first', () => {
  expect(items(AGENT, LEAF).at(-1)).toEqual({
    kind: 'mapping',
    mapping: {
      authMount: 'cert',
      name: 'agent-web',
      pins: 'authority',
      pkiMount: 'pki-prod',
      commonName: 'agent-web.prod.example.com',
      policies: ['pki-issue-web', 'marker-cert-auth'],
      dropPolicies: ['debug-policy'],
      tokenTtlS: 1200,
    },
  })
})

function items(...materials: readonly Material[]): ServerItem[] {
  return wantedItems(config(...materials))
}

function rolesOf(...materials: readonly Material[]) {
  return Object.fromEntries(
    items(...materials).flatMap((item) => (item.kind === 'role' ? [[item.role, item.fields]] : [])),
  )
}
