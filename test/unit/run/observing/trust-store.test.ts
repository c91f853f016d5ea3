import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTrustStore } from '../../../../src/run/observing/trust-store.ts'
import { type Authority, makeAuthority } from '../../../rig/openssl-authority.ts'

const uid = process.geteuid?.() ?? 0

let authority: Authority
beforeAll(async () => {
  authority = await makeAuthority()
})
afterAll(() => authority.remove())

let root: string
let path: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-trust-'))
  path = join(root, 'ca.pem')
  writeFileSync(path, authority.caPem)
})
afterEach(() => rm(root, { recursive: true }))

test('the anchors of a file, read once a run', () => {
  const trust = openTrustStore(uid)
  const first = trust(path)
  expect(first).toMatchObject({ certificates: [{ facts: { commonName: 'stub CA', isCa: true } }] })
  rmSync(path)
  expect(trust(path)).toBe(first)
  expect(openTrustStore(uid)(path)).toMatchObject({ fault: { code: 'config-missing' } })
})

test('a fault is read once, too: a run has one opinion', () => {
  const trust = openTrustStore(uid)
  const missing = trust(join(root, 'none.pem'))
  writeFileSync(join(root, 'none.pem'), authority.caPem)
  expect(trust(join(root, 'none.pem'))).toBe(missing)
})

test.each<[string, string, () => unknown]>([
  ['missing', 'config-missing', () => rmSync(path)],
  ['writable by others', 'config-untrusted', () => chmodSync(path, 0o666)],
  ['a directory', 'config-untrusted', makeDirectory],
  ['empty, which must never mean the public web PKI', 'config-invalid', () => writeFileSync(path, '')],
  ['white space', 'config-invalid', () => writeFileSync(path, '\n\n')],
  ['no PEM', 'config-invalid', () => writeFileSync(path, 'not a certificate')],
  ['cut off', 'config-invalid', () => writeFileSync(path, authority.caPem.slice(0, -20))],
  [
    'one good and one cut off',
    'config-invalid',
    () => writeFileSync(path, authority.caPem + authority.caPem.slice(0, 99)),
  ],
])('a file that is %s is a fault that names it', (_, code, spoil) => {
  spoil()
  expect(openTrustStore(uid)(path)).toMatchObject({ fault: { code, message: expect.stringContaining(path) } })
})

test('a file of somebody else is not trusted', () => {
  if (uid === 0) chownSync(path, 4242, 4242)
  expect(openTrustStore(uid === 0 ? 0 : uid + 1)(path)).toMatchObject({ fault: { code: 'config-untrusted' } })
})

test('a leaf is no anchor', async () => {
  writeFileSync(path, (await authority.issue()).certPem)
  expect(openTrustStore(uid)(path)).toMatchObject({ fault: { code: 'config-invalid' } })
})

function makeDirectory(): void {
  rmSync(path)
  mkdirSync(path)
}
