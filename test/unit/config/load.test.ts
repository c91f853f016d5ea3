import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { configJsonSchema } from '../../../src/config/schema.ts'
import { isPaired, type Paired } from '../../../src/core/material.ts'
import { certificate, IDENTITY, load, PKI, SOUND, VAULT } from './written.ts'

describe('the checked form', () => {
  test('defaults are filled in', () => {
    const config = load(SOUND)
    expect(config.vault).toEqual({
      addresses: ['https://vault.example.com:8200'],
      caFile: '/etc/vault-ca.pem',
      timeoutMs: 30_000,
    })
    expect(config.renewal).toEqual({
      spread: 1 / 20,
      concurrency: 8,
      maxParallel: 1,
      runTimeoutMs: 600_000,
      lookEveryMs: 86_400_000,
      checkRevocation: false,
    })
    expect(config.previous).toEqual({ keep: 1, graceMs: 604_800_000, shred: true, revoke: 'no' })
    expect(config.agentBinaries).toEqual([])
    expect(config.materials[0]).toEqual({
      kind: 'identity',
      id: 'identity/agent',
      name: 'agent',
      login: { authMount: 'cert', mapping: 'agent' },
      mappingPins: 'authority',
      issuance: {
        pkiMount: 'pki-prod',
        role: 'agent',
        commonName: 'agent.example.com',
        dnsNames: [],
        ipAddresses: [],
        uris: [],
        emails: [],
        subject: {},
        reuseKey: false,
        keyType: 'ec-p256',
        trustFile: '/etc/pki-root.pem',
      },
      renewAt: { kind: 'fraction', of: 2 / 3 },
      ephemeral: false,
      layout: 'files',
      probes: [],
      onUnserved: 'keep',
      files: [
        {
          role: 'key',
          path: '/srv/agent.key',
          mode: 0o600,
          owner: { kind: 'self' },
          group: { kind: 'self' },
        },
        {
          role: 'cert',
          path: '/srv/agent.crt',
          mode: 0o644,
          owner: { kind: 'self' },
          group: { kind: 'self' },
        },
      ],
      reload: [],
      server: {},
    })
  })

  test('what a material says wins over what all say', () => {
    const web = webOf(
      'pki_mount = "team/pki"',
      'trust_file = "/etc/other.pem"',
      'renew_at = "7d"',
      'ttl = "24h"',
      'issuer_name = "CA"',
      'key_type = "rsa-3072"',
    )
    expect(web.renewAt).toEqual({ kind: 'remaining', ms: 7 * 86_400_000 })
    expect(web.issuance).toMatchObject({
      pkiMount: 'team/pki',
      trustFile: '/etc/other.pem',
      ttlMs: 86_400_000,
      issuerName: 'CA',
      keyType: 'rsa-3072',
    })
  })

  test('owner and group of the material, and of a file that names its own', () => {
    const web = webOf(
      'owner = "web"',
      'group = 1000',
      'files = { key = { path = "/k", mode = "640", owner = "0" }, cert = "/c" }',
    )
    expect(web.files).toEqual([
      { role: 'key', path: '/k', mode: 0o640, owner: { kind: 'id', id: 0 }, group: { kind: 'id', id: 1000 } },
      {
        role: 'cert',
        path: '/c',
        mode: 0o644,
        owner: { kind: 'name', name: 'web' },
        group: { kind: 'id', id: 1000 },
      },
    ])
  })

  test.each([
    ['ec-p256', 'sec1'],
    ['rsa-2048', 'pkcs1'],
    ['ed25519', 'pkcs8'],
    ['ed25519', 'der'],
  ])('a key of %s as %s', (keyType, format) => {
    const files = `files = { key = { path = "/k", format = "${format}" }, cert = "/c" }`
    expect(webOf(`key_type = "${keyType}"`, files).files).toMatchObject([
      { role: 'key', path: '/k', format, mode: 0o600 },
      { role: 'cert', path: '/c' },
    ])
  })

  test('a combined file may stand alone, and is as private as its key', () => {
    expect(webOf('files = { combined = "/c.pem" }').files).toMatchObject([
      { role: 'combined', path: '/c.pem', mode: 0o600 },
    ])
    const files =
      'files = { combined = { path = "/c.pem", order = ["key", "cert", "chain"], mode = "0640" } }'
    expect(webOf(files).files).toMatchObject([{ order: ['key', 'cert', 'chain'], mode: 0o640 }])
  })

  test('PKCS#12 beside the files the set is read from', () => {
    const files = (more: string) =>
      `files = { combined = "/c.pem", pkcs12 = { path = "/c.p12", password_file = "/etc/p"${more} } }`
    expect(webOf(files('')).files[1]).toMatchObject({
      role: 'pkcs12',
      path: '/c.p12',
      mode: 0o600,
      pkcs12: { passwordFile: '/etc/p', name: 'web' },
    })
    expect(webOf(files(', name = "tomcat"')).files[1]?.pkcs12).toMatchObject({ name: 'tomcat' })
  })

  test('addresses have one spelling, so that they can be compared with a certificate', () => {
    const web = webOf('ip_addresses = ["2001:DB8:0:0::1", "192.0.2.7"]')
    expect(web.issuance.ipAddresses).toEqual(['2001:db8::1', '192.0.2.7'])
  })
})

describe('places', () => {
  test.each([
    [0, {}, ['/var/lib/keyroller', '/run/keyroller', '/run/podman/podman.sock']],
    [
      1000,
      { HOME: '/home/web', XDG_RUNTIME_DIR: '/run/user/1000' },
      ['/home/web/.local/state/keyroller', '/run/user/1000/keyroller', '/run/user/1000/podman/podman.sock'],
    ],
    [
      1000,
      { HOME: '/home/web', XDG_STATE_HOME: '/state' },
      ['/state/keyroller', '/run/user/1000/keyroller', '/run/user/1000/podman/podman.sock'],
    ],
  ])('of uid %d', (uid, env, places) => {
    const folder = mkdtempSync(join(tmpdir(), 'keyroller-places-'))
    const file = join(folder, 'keyroller.toml')
    copyFileSync(EXAMPLE, file)
    const read = readConfig({ file, env, uid: uid === 0 ? (process.getuid?.() ?? 0) : uid })
    rmSync(folder, { recursive: true })
    expect(
      'config' in read && [read.config.stateDir, read.config.runtimeDir, read.config.podmanSocket],
    ).toEqual(places)
  })

  test('as configured', () => {
    const more =
      '[host]\nstate_dir = "/s"\nruntime_dir = "/r"\n[podman]\nsocket = "/p"\n[agents]\nbinaries = ["/v"]\n'
    expect(load(VAULT + more)).toMatchObject({
      stateDir: '/s',
      runtimeDir: '/r',
      podmanSocket: '/p',
      agentBinaries: ['/v'],
    })
  })

  test.each([
    [0, {}, '/etc/keyroller/keyroller.toml'],
    [1000, { HOME: '/nonexistent/web' }, '/nonexistent/web/.config/keyroller/keyroller.toml'],
    [1000, { HOME: '/x', XDG_CONFIG_HOME: '/nonexistent/c' }, '/nonexistent/c/keyroller/keyroller.toml'],
  ])('of the configuration itself, for uid %d with %j', (uid, env, path) => {
    expect(() => readConfig({ env, uid })).toThrow(
      expect.objectContaining({
        code: 'config-missing',
        message: `expected a readable file, found ENOENT at ${path}`,
      }),
    )
  })
})

test('several addresses keep their order, without trailing slashes', () => {
  const list = 'address = ["https://b.example.com:8200/", "https://a.example.com"]'
  const { vault } = load(SOUND.replace(/address = .*/, list))
  expect(vault.addresses).toEqual(['https://b.example.com:8200', 'https://a.example.com'])
})

const EXAMPLE = join(import.meta.dirname, '../../../packaging/keyroller.example.toml')

test('the example that is shipped is a sound configuration of scenario S2', () => {
  const read = readConfig({ file: EXAMPLE, env: {}, uid: process.getuid?.() ?? 0 })
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const { materials, vault } = read.config
  expect(vault.addresses[0]).toBe('https://vault.example.com:8200')
  expect(materials.map(({ id }) => id)).toEqual([
    'identity/ncprd1',
    'certificate/ncprd1',
    'bundle/ncprd1',
    'secret/ncprd1',
  ])
  expect(materials[1]).toMatchObject({
    identity: 'identity/ncprd1',
    reload: [{ text: 'podman:label=tls=true' }, { text: 'podman:proxyprod' }],
    probes: [{ text: '127.0.0.1:443', serverName: 'ncprd1.int.privsec.ch' }],
  })
})

describe('the JSON Schema for editors', () => {
  const schema = configJsonSchema() as Record<string, never>

  test('knows every section, and no other', () => {
    expect(Object.keys(schema.properties ?? {})).toEqual([
      'vault',
      'pki',
      'kv',
      'renewal',
      'previous',
      'metrics',
      'notify',
      'host',
      'fleet',
      'agents',
      'podman',
      'identity',
      'certificate',
      'bundle',
      'secret',
      'keyset',
      'credential',
    ])
    expect(schema).toMatchObject({
      title: 'keyroller configuration',
      type: 'object',
      additionalProperties: false,
    })
  })

  test('tells what a key means, and asks for no key that has a default', () => {
    expect(schema).toMatchObject({
      properties: {
        vault: {
          properties: {
            timeout: { default: '30s', description: 'deadline of one call, connect to last byte' },
          },
        },
        certificate: {
          additionalProperties: {
            required: ['identity', 'role', 'common_name', 'files'],
            additionalProperties: false,
          },
        },
      },
    })
  })
})

function webOf(...lines: string[]): Paired {
  const web = load(VAULT + PKI + IDENTITY + certificate(...lines)).materials.filter(isPaired)[1]
  if (!web) throw new Error('no certificate was configured')
  return web
}
