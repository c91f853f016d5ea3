import { expect, test } from 'vitest'
import type { Secret } from '../../../src/core/material.ts'
import { IDENTITY, load, PKI, problems, VAULT } from './written.ts'

const ENV = 'files = { env = "/srv/db.env" }'

test('a secret with nothing but what it must say', () => {
  expect(secretOf(ENV)).toMatchObject({
    id: 'secret/db',
    identity: 'identity/agent',
    kvMount: 'secret',
    path: 'app/db',
    refreshEveryMs: 3_600_000,
    ephemeral: false,
    layout: 'files',
    reload: [],
    files: [{ role: 'env', path: '/srv/db.env', mode: 0o600, quoting: 'shell' }],
  })
  expect(secretOf(ENV).fields).toBeUndefined()
})

test('every form, with its own mode and owner beside that of the secret', () => {
  const { files, kvMount, fields } = secretOf(
    'kv_mount = "team/kv"',
    'fields = ["user"]',
    'owner = 1000',
    `[secret.db.files]
env = { path = "/srv/db.env", quoting = "none", mode = "0640" }
json = { path = "/srv/db.json", owner = 0 }
raw.password = "/srv/password"
raw."key tab" = { path = "/srv/keytab", encoding = "base64", final_newline = "strip" }`,
  )
  expect([kvMount, fields]).toEqual(['team/kv', ['user']])
  const owner = { kind: 'id', id: 1000 }
  expect(files).toMatchObject([
    { role: 'raw', path: '/srv/password', owner, raw: { field: 'password', finalNewline: 'keep' } },
    { role: 'raw', raw: { field: 'key tab', encoding: 'base64', finalNewline: 'strip' } },
    { role: 'env', mode: 0o640, quoting: 'none', owner },
    { role: 'json', mode: 0o600, owner: { kind: 'id', id: 0 } },
  ])
})

test('the mount of all secrets', () => {
  const config = load(`${VAULT + PKI + IDENTITY}[kv]\nmount = "kv"\n${secret(ENV)}`)
  expect(config.materials.find(({ kind }) => kind === 'secret')).toMatchObject({ kvMount: 'kv' })
})

test.each([
  ['files = {}', 'files: expected raw, env or json, found {}'],
  ['files = { raw = {} }', 'files: expected raw, env or json, found {"raw":{}}'],
  [
    'files = { raw = { a = "/srv/x" }, env = "/srv/x" }',
    'files.env: expected a path of its own, found /srv/x, which is also secret.db.files.raw.a',
  ],
  [
    'files = { env = { path = "/srv/x", quoting = "sh" } }',
    'files.env.quoting: expected one of shell, none, found "sh"',
  ],
])('%s', (files, problem) => {
  expect(found(files)).toEqual([`keyroller.toml: secret.db.${problem}`])
})

test.each(['../sys/raw', 'a//b', 'a/', '/a', 'a/../b', 'a?b', 'a%2fb', ''])(
  '%j is no path in a mount',
  (path) => {
    const written = secret(ENV).replace('"app/db"', JSON.stringify(path))
    expect(problems(VAULT + PKI + IDENTITY + written)).toEqual([
      expect.stringMatching(
        /^keyroller\.toml: secret\.db\.path: expected a path in a mount like app\/db, found /,
      ),
    ])
  },
)

test('an identity that is not configured is told', () => {
  const written = secret(ENV).replace('"agent"', '"nobody"')
  expect(problems(VAULT + PKI + IDENTITY + written)).toEqual([
    'keyroller.toml: secret.db.identity: expected the name of a configured identity, found "nobody"',
  ])
})

function secret(...lines: string[]): string {
  return `[secret.db]\n${['identity = "agent"', 'path = "app/db"', ...lines].join('\n')}\n`
}

function secretOf(...lines: string[]): Secret {
  const { materials } = load(VAULT + PKI + IDENTITY + secret(...lines))
  const [found] = materials.filter((material) => material.kind === 'secret')
  if (!found) throw new Error('no secret')
  return found
}

function found(...lines: string[]): string[] {
  return problems(VAULT + PKI + IDENTITY + secret(...lines))
}
