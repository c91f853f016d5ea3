import { describe, expect, test } from 'vitest'
import { commandsFor } from '../../../../src/core/server-side/commands.ts'
import {
  compareServer,
  type FoundServer,
  type ServerChange,
} from '../../../../src/core/server-side/compare.ts'
import { wantedItems } from '../../../../src/core/server-side/wanted.ts'
import { certificate, config, identity } from '../builders.ts'

const ITEMS = wantedItems(
  config(
    identity('web', {
      issuance: { role: 'agent', commonName: 'agent.example.com' },
      server: { policies: ['marker'], dropPolicies: ['debug-policy'] },
    }),
    certificate('web', { identity: 'identity/web', issuance: { role: 'leaf' } }),
  ),
)
const EMPTY: FoundServer = {
  mounts: new Set(['pki-prod']),
  kvMounts: new Map(),
  authMethods: new Map(),
  objects: new Map(),
  authorities: new Map([['pki-prod', 'PEM of the issuer\n']]),
}
const MAPPING = 'auth/cert/certs/agent-web'
const ROLE = 'pki-prod/roles/leaf'

test('on an empty server everything is made, and afterwards nothing is left to do', () => {
  const first = compareServer(ITEMS, EMPTY)
  expect(actions(first)).toEqual({ keep: 1, create: 5 })
  expect(actions(compareServer(ITEMS, made(first)))).toEqual({ keep: 6 })
})

test.each([
  ['kv version 2', 'keep', 'a KV engine of version 2'],
  [
    'kv version 1',
    'refuse',
    'expected a KV engine of version 2, found kv version 1: vault kv enable-versioning kv',
  ],
  ['transit', 'refuse', 'expected a KV engine of version 2, found transit'],
  [
    undefined,
    'refuse',
    'expected a KV engine of version 2, found none: vault secrets enable -path=kv -version=2 kv',
  ],
])('where a KV engine is wanted and %s is', (there, action, message) => {
  const kvMounts = new Map(there === undefined ? [] : [['kv', there]])
  const [change] = compareServer([{ kind: 'kv', mount: 'kv' }], { ...EMPTY, kvMounts })
  expect(change).toEqual({ path: 'sys/mounts/kv', action, message })
})

describe('a drift', () => {
  test('of a role: exactly the fields that differ; what an operator set beside them is written back', () => {
    const found = drifted(ROLE, { key_type: 'rsa', server_flag: false, no_store: true })
    const [change] = changed(found)
    expect(change).toMatchObject({
      path: ROLE,
      action: 'update',
      differences: [
        { field: 'server_flag', wanted: true, found: false },
        { field: 'key_type', wanted: 'ec', found: 'rsa' },
      ],
      write: { key_type: 'ec', server_flag: true, no_store: true },
    })
    expect(changed(found)).toHaveLength(1)
  })

  test('a role that allows more is left so, and told: another host may need it', () => {
    const more = { allowed_domains: ['other.example.com'], allow_subdomains: true, max_ttl: 9_999_999 }
    const found = drifted(ROLE, more)
    const [change] = changed(found)
    expect(change).toMatchObject({
      message: 'update role leaf; it allows more than this host needs: allowed_domains, allow_subdomains',
      differences: [{ field: 'allowed_domains', wanted: ['other.example.com', 'web.int.privsec.ch'] }],
      write: { ...more, allowed_domains: ['other.example.com', 'web.int.privsec.ch'] },
    })
    const widened = {
      ...more,
      allowed_domains: ['other.example.com', 'web.int.privsec.ch'],
      key_type: 'any',
      key_bits: 0,
    }
    expect(changed(drifted(ROLE, widened))).toEqual([])
  })

  test.each([
    { allowed_domains: ['int.privsec.ch'], allow_subdomains: true, allow_bare_domains: false },
    { allowed_domains: ['privsec.ch'], allow_subdomains: true, allow_bare_domains: false },
    { allowed_domains: [], allow_any_name: true, allow_bare_domains: false },
  ])('none of a role that signs for the name anyway: $allowed_domains', (role) =>
    expect(changed(drifted(ROLE, role))).toEqual([]),
  )

  test('of a role whose domain only looks like it', () => {
    const role = { allowed_domains: ['vsec.ch'], allow_subdomains: true, allow_bare_domains: false }
    const [change] = changed(drifted(ROLE, role))
    expect(change).toMatchObject({
      write: { allowed_domains: ['vsec.ch', 'web.int.privsec.ch'], allow_bare_domains: true },
    })
  })

  test('of a mapping: a policy that is to go goes, one that somebody attached stays and is told', () => {
    const [change] = changed(
      drifted(MAPPING, { token_policies: ['debug-policy', 'theirs', 'keyroller-web'] }),
    )
    expect(change).toMatchObject({
      action: 'update',
      message: 'update mapping agent-web; beside what is configured: theirs',
      write: { token_policies: ['keyroller-web', 'marker', 'theirs'] },
    })
  })

  test('of a policy: comments and white space are none', () => {
    const path = 'sys/policies/acl/keyroller-web'
    const rules = String(all().objects.get(path)?.policy)
    expect(changed(drifted(path, { policy: rules.replace(/^#.*$/m, '').replaceAll(/\n\s*/g, ' ') }))).toEqual(
      [],
    )
    expect(changed(drifted(path, { policy: rules.replace('update', 'read') }))).toMatchObject([{ path }])
  })

  test('in the order of a list: there is none', () => {
    expect(changed(drifted(MAPPING, { token_policies: ['marker', 'keyroller-web'] }))).toEqual([])
  })
})

describe('what only an operator can mend', () => {
  test.each<[string, Partial<FoundServer>, string]>([
    ['no PKI mount', { mounts: new Set(), authorities: new Map() }, 'sys/mounts/pki-prod'],
    ['a mount without an issuer', { authorities: new Map() }, 'sys/mounts/pki-prod'],
    ['another method under the name', { authMethods: new Map([['cert', 'userpass']]) }, 'sys/auth/cert'],
  ])('%s', (_, missing, path) => {
    const refused = compareServer(ITEMS, { ...all(), ...missing }).filter(({ action }) => action === 'refuse')
    expect(refused.map((one) => one.path)).toContain(path)
  })
})

describe('a mapping that trusts the certificate of its host', () => {
  const items = wantedItems(config(identity('web', { mappingPins: 'certificate' })))
  const last = (found: FoundServer) => compareServer(items, found).at(-1)

  test('is never made, since nobody but the host has that certificate', () => {
    expect(last(EMPTY)).toMatchObject({ path: MAPPING, action: 'refuse' })
  })

  test('keeps what it trusts when its names and policies are mended', () => {
    const change = last({ ...EMPTY, objects: new Map([[MAPPING, { certificate: 'PEM of the host' }]]) })
    expect(change).toMatchObject({ action: 'update', write: { token_policies: ['keyroller-web'] } })
    expect(change).not.toHaveProperty('write.certificate')
  })
})

test('as commands: a policy as a document of its own, the rest as JSON', () => {
  const commands = commandsFor(compareServer(ITEMS, EMPTY))
  expect(commands).toHaveLength(5)
  expect(commands[0]).toBe(`vault write sys/auth/cert - <<'JSON'\n{\n  "type": "cert"\n}\nJSON`)
  expect(commands.find((one) => one.includes('policy write'))).toMatch(
    /^vault policy write keyroller-web - <<'HCL'\n# what[\s\S]*path "pki-prod\/sign\/agent" \{[\s\S]*\}\nHCL$/,
  )
})

/** The server after these changes. */
function made(changes: readonly ServerChange[]): FoundServer {
  const objects = changes.flatMap((change) =>
    'write' in change ? [[change.path, change.write] as const] : [],
  )
  return { ...EMPTY, authMethods: new Map([['cert', 'cert']]), objects: new Map(objects) }
}

function all(): FoundServer {
  return made(compareServer(ITEMS, EMPTY))
}

function drifted(path: string, fields: object): FoundServer {
  const found = all()
  return { ...found, objects: new Map([...found.objects, [path, { ...found.objects.get(path), ...fields }]]) }
}

function changed(found: FoundServer): ServerChange[] {
  return compareServer(ITEMS, found).filter(({ action }) => action !== 'keep')
}

function actions(changes: readonly ServerChange[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { action } of changes) counts[action] = (counts[action] ?? 0) + 1
  return counts
}
