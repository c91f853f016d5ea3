import { expect, test } from 'vitest'
import type { Keyset } from '../../../src/core/material.ts'
import { IDENTITY, load, PKI, problems, VAULT } from './written.ts'

const PEM = 'files = { pem = "/srv/key.pem" }'
const DAY_MS = 86_400_000

test('a keyset with nothing but what it must say', () => {
  const { policy, ...rest } = keysetOf(PEM)
  expect(rest).toMatchObject({
    id: 'keyset/tokens',
    kid: 'version',
    rawBytes: 32,
    store: { kind: 'host' },
    refreshEveryMs: 3_600_000,
    probes: [],
    staleFiles: [],
    ephemeral: false,
    layout: 'files',
    files: [{ role: 'pem', path: '/srv/key.pem', mode: 0o600 }],
  })
  expect(policy).toEqual({
    kind: 'ed25519',
    rotateEveryMs: 90 * DAY_MS,
    publishAheadMs: 7 * DAY_MS,
    longestLifetimeMs: DAY_MS / 2,
    acceptForMs: 1.5 * DAY_MS,
    atEnd: 'archive',
    underHold: 'retire',
  })
})

test('everything that can be said', () => {
  const one = keysetOf(
    'kid = "thumbprint"',
    'accept_for = "1d"',
    'leave_hosts_after = "2d"',
    'at_end = "destroy"',
    'legal_hold = "case 4711"',
    'shared = { identity = "agent", path = "keysets/tokens", hosts = ["web1"] }',
    'control_plane = { url = "https://api.example.com/health", ca_file = "/etc/ca.pem" }',
    'probe = { exec = ["/usr/bin/look", "-q"] }',
    'on_retired = ["/usr/bin/unlist"]',
    'stale_files = ["/var/cache/policy.json"]',
    'ephemeral = true',
    `[keyset.tokens.files]
jwks = { path = "/srv/jwks.json", mode = "0640" }
variable = { path = "/srv/env", name = "SIGNING_KEY" }`,
  )
  expect(one).toMatchObject({
    kid: 'thumbprint',
    policy: { acceptForMs: DAY_MS, leaveHostsAfterMs: 2 * DAY_MS, atEnd: 'destroy', legalHold: 'case 4711' },
    store: {
      kind: 'shared',
      identity: 'identity/agent',
      kvMount: 'secret',
      path: 'keysets/tokens',
      hosts: ['web1'],
    },
    controlPlane: { kind: 'url', url: 'https://api.example.com/health', caFile: '/etc/ca.pem' },
    probes: [{ kind: 'exec', argv: ['/usr/bin/look', '-q'], timeoutMs: 15_000 }],
    onRetired: ['/usr/bin/unlist'],
    staleFiles: ['/var/cache/policy.json'],
    files: [
      { role: 'jwks', mode: 0o640 },
      { role: 'variable', path: '/srv/env', mode: 0o600, keys: { variable: 'SIGNING_KEY' } },
    ],
  })
})

test('session tickets in a file each', () => {
  const { files, policy } = keysetOf(
    'bytes = 80',
    'files = { slots = ["/etc/tls/now.key", "/etc/tls/before.key"], list = { path = "/etc/tls/all", encoding = "raw" } }',
    'kind = "raw"',
  )
  expect(policy).toMatchObject({ kind: 'raw', atEnd: 'archive', underHold: 'accept' })
  expect(files).toMatchObject([
    { role: 'list', keys: { encoding: 'raw' } },
    { role: 'slots', path: '/etc/tls/now.key', keys: { slot: 0 } },
    { role: 'slots', path: '/etc/tls/before.key', keys: { slot: 1 } },
  ])
})

test.each([
  [['files = {}'], 'files: expected at least one file, found {}'],
  [[PEM, 'publish_ahead = "90d"'], 'publish_ahead: expected less than rotate_every (90d), found 90d'],
  [[PEM, 'accept_for = "1h"'], 'accept_for: expected at least longest_lifetime (12h), found 1h'],
  [
    [PEM, 'accept_for = "13h"', 'shared = { identity = "agent", path = "a" }'],
    'accept_for: expected at least longest_lifetime and twice refresh_every, found 13h',
  ],
  [
    [PEM, 'shared = { identity = "nobody", path = "a" }'],
    'shared.identity: expected the name of a configured identity, found "nobody"',
  ],
  [[PEM, 'ephemeral = true'], 'ephemeral: expected shared beside it, where its keys are kept, found none'],
  [
    ['files = { pem_dir = "/srv/keys" }', 'layout = "generation"'],
    'layout: expected files beside a directory of keys, found "generation"',
  ],
  [
    [PEM, 'control_plane = "consul"'],
    'control_plane: expected "vault", a URL, or a table with url and ca_file, found "consul"',
  ],
])('%s', (lines, problem) => {
  expect(problems(written(...lines))).toEqual([`keyroller.toml: keyset.tokens.${problem}`])
})

function written(...lines: readonly string[]): string {
  const kind = lines.some((line) => line.startsWith('kind')) ? [] : ['kind = "ed25519"']
  const head = ['[keyset.tokens]', 'longest_lifetime = "12h"', ...kind]
  return `${VAULT + PKI + IDENTITY}${[...head, ...lines].join('\n')}\n`
}

function keysetOf(...lines: readonly string[]): Keyset {
  const one = load(written(...lines)).materials.find(({ kind }) => kind === 'keyset')
  if (one?.kind !== 'keyset') throw new Error('no keyset was configured')
  return one
}
