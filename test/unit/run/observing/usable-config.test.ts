import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { formatProblem } from '../../../../src/config/problem.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { Certificate } from '../../../../src/core/material.ts'
import { findUnusable } from '../../../../src/run/observing/usable-config.ts'
import { type Authority, makeAuthority } from '../../../rig/openssl-authority.ts'
import { CONSUMER, file, type SmallHost, smallHost } from '../small-host.ts'

let authority: Authority
beforeAll(async () => {
  authority = await makeAuthority()
})
afterAll(() => authority.remove())

let root: string
let small: SmallHost
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-usable-'))
  small = smallHost(root)
  writeFileSync(join(root, 'ca.pem'), authority.caPem, { mode: 0o644 })
})
afterEach(() => rm(root, { recursive: true }))

test('a host that has all it needs', () => {
  writeFileSync(join(root, 'password'), 'secret\n', { mode: 0o600 })
  expect(problemsOf({ files: [...small.certificate.files, pkcs12()] })).toEqual([])
})

test.each<[string, () => unknown, () => Partial<Certificate>, string]>([
  [
    'an unknown account',
    () => undefined,
    () => ({ files: [{ ...file('key', '/etc/key.pem'), owner: { kind: 'name', name: 'nobody-knows' } }] }),
    '/etc/key.pem: certificate.app.files.key: expected an owner and group this host knows, found no account nobody-knows',
  ],
  [
    'an empty CA file, named once though two need it',
    () => writeFileSync(join(root, 'ca.pem'), ''),
    () => ({}),
    'ROOT/ca.pem: vault.ca_file: expected a usable CA file, found ROOT/ca.pem: expected at least one certificate, found none',
  ],
  [
    'no password file',
    () => undefined,
    () => ({ files: [...small.certificate.files, pkcs12()] }),
    'ROOT/password: certificate.app.files.pkcs12.password_file: expected a usable password file, found expected a readable file, found ENOENT at ROOT/password',
  ],
  [
    'a password file with nothing in its first line',
    () => writeFileSync(join(root, 'password'), '\nsecret', { mode: 0o600 }),
    () => ({ files: [...small.certificate.files, pkcs12()] }),
    'ROOT/password: certificate.app.files.pkcs12.password_file: expected a usable password file, found ROOT/password: expected a password of printable ASCII characters in the first line, found an empty one',
  ],
  [
    'a password file that others may write to',
    () => {
      writeFileSync(join(root, 'password'), 'secret')
      chmodSync(join(root, 'password'), 0o666)
    },
    () => ({ files: [...small.certificate.files, pkcs12()] }),
    'ROOT/password: certificate.app.files.pkcs12.password_file: expected a usable password file, found ROOT/password: expected no write for group and others, found mode 0666',
  ],
  [
    'a missing directory, named once though two files go there',
    () => rmSync(join(root, 'app'), { recursive: true }),
    () => ({}),
    'ROOT/app: certificate.app.files.key: expected a directory to write in, found ROOT/app: expected a directory, found no app',
  ],
  [
    'a directory behind a link',
    () => {
      rmSync(join(root, 'app'), { recursive: true })
      mkdirSync(join(root, 'elsewhere'))
      symlinkSync(join(root, 'elsewhere'), join(root, 'app'))
    },
    () => ({}),
    'ROOT/app: certificate.app.files.key: expected a directory to write in, found ROOT/app: expected app to be a directory, found a link or file',
  ],
  [
    'a disk where memory is asked for',
    () => undefined,
    () => ({ ephemeral: true, files: [file('key', '/proc/key.pem')] }),
    '/proc: certificate.app.files.key: expected a directory to write in, found /proc: expected tmpfs or ramfs, being ephemeral, found file system 0x9fa0',
  ],
  [
    'a hook that cannot be run',
    () => writeFileSync(join(root, 'hook'), '', { mode: 0o644 }),
    () => ({ reload: [CONSUMER, { ...CONSUMER, argv: [join(root, 'hook')] as const }] }),
    'ROOT/hook: certificate.app.reload: expected a program, found none that can be run',
  ],
])('%s', (_, spoil, changes, problem) => {
  spoil()
  expect(problemsOf(changes())).toEqual([problem])
})

test('an agent binary that is not there', () => {
  expect(list({ ...small.config, agentBinaries: ['/bin/true', '/nonexistent/vault'] })).toEqual([
    '/nonexistent/vault: agents.binaries: expected a program, found none that can be run',
  ])
})

test('whom to tell: a program, a token and authorities', () => {
  const webhook = {
    url: 'https://hook.example/',
    token: { file: join(root, 'token') },
    caFile: join(root, 'hook.pem'),
  }
  writeFileSync(join(root, 'token'), 'x y', { mode: 0o600 })
  const notify = { ...small.config.notify, exec: ['/nonexistent/tell'] as const, webhook }
  expect(list({ ...small.config, notify }).map((problem) => problem.split(': expected')[0])).toEqual([
    'ROOT/hook.pem: notify.webhook.ca_file',
    '/nonexistent/tell: notify.exec',
    'ROOT/token: notify.webhook.token_file',
  ])
  const credential = { ...webhook, caFile: join(root, 'ca.pem'), token: { credential: 'alerts' } }
  expect(list({ ...small.config, notify: { ...small.config.notify, webhook: credential } })).toEqual([])
})

test('everything at once', () => {
  for (const name of ['ca.pem', 'agent', 'app']) rmSync(join(root, name), { recursive: true })
  expect(problemsOf({}).map((problem) => problem.split(':')[0])).toEqual([
    'ROOT/ca.pem',
    'ROOT/agent',
    'ROOT/app',
  ])
})

function pkcs12() {
  const lock = { passwordFile: join(root, 'password'), name: 'app' }
  return { ...file('pkcs12', join(root, 'app/app.p12')), pkcs12: lock }
}

function problemsOf(changes: Partial<Certificate>): string[] {
  const { config, identity, certificate } = small
  return list({ ...config, materials: [identity, { ...certificate, ...changes }] })
}

function list(config: HostConfig): string[] {
  return findUnusable(config, small.host).map((problem) => formatProblem(problem).replaceAll(root, 'ROOT'))
}
