/** What vault plan and apply make of secrets: policy, engine, seeds; and whether cert auth is the only way in. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bootstrapIdentity } from '../../rig/bootstrap.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { setUpAuthorities } from '../../rig/pki.ts'
import { DAY_MS } from '../../rig/scenario-s2.ts'
import { type VaultAdmin, vaultAdmin } from '../../rig/vault-admin.ts'
import { startVault, type VaultServer, vaultBinary } from '../../rig/vault-server.ts'

const APP = 'ncprd1'
const CANARY = 'canary-seed-7c1'

let dir: string
let vault: VaultServer
let admin: VaultAdmin
let host: Host
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-server-side-'))
  vault = await startVault({ dir: join(dir, 'vault'), binary: await vaultBinary(), storage: 'inmem' })
  admin = vaultAdmin(vault, vault.rootToken)
  const pki = await setUpAuthorities(admin)
  host = await createHost({ dir: join(dir, 'host'), vault, pki, apps: [{ name: APP, reload: [] }] })
  await host.configure((config) => {
    config.kv = { mount: 'kv' }
    const of = (path: string) => ({ identity: APP, path, files: { env: join(dir, `${path}.env`) } })
    config.secret = { app: of(APP), other: of('other') }
  })
  writeFileSync(join(dir, 'token'), vault.rootToken, { mode: 0o600 })
  seed({ app: { PASSWORD: CANARY }, other: { A: '1' } })
}, 900_000)
afterAll(async () => {
  await vault?.stop()
  await rm(dir, { recursive: true })
})

test('1. a mount that is not there or of version 1 is told, with the command that mends it', async () => {
  expect((await keyroller('plan')).stdout).toContain(
    'sys/mounts/kv: expected a KV engine of version 2, found none: vault secrets enable -path=kv -version=2 kv',
  )
  await admin.write('sys/mounts/kv', { type: 'kv' })
  const { stdout } = await keyroller('plan', '--with-kv-seed', seedFile())
  expect(stdout).toContain('found kv version 1: vault kv enable-versioning kv')
  expect(stdout).toContain('kv/data/other: expected a KV engine of version 2 to seed in, found none')
  await admin.remove('sys/mounts/kv')
  await admin.write('sys/mounts/kv', { type: 'kv', options: { version: '2' } })
})

test('2. applied, the policy reads each secret and is attached; nothing is seeded unless asked', async () => {
  expect((await keyroller('apply')).exit).toBe(0)
  const { policy } = (await admin.read(`sys/policies/acl/keyroller-${APP}`)) ?? {}
  for (const path of [`kv/data/${APP}`, 'kv/data/other'])
    expect(policy).toContain(`path "${path}" {\n  capabilities = ["read"]\n}`)
  const mapping = await admin.read(`auth/cert/certs/agent-${APP}`)
  expect(mapping?.token_policies).toEqual([`keyroller-${APP}`])
  expect(await admin.read(`kv/data/${APP}`)).toBeNull()
})

test('3. asked, what is not there is seeded, and what is there stays, deleted or not', async () => {
  await admin.write('kv/data/other', { data: { A: 'theirs' } })
  await admin.remove('kv/data/other')
  const planned = await keyroller('plan', '--json', '--with-kv-seed', seedFile())
  const seeds = JSON.parse(planned.stdout).changes.filter(
    ({ action }: { action: string }) => action === 'seed',
  )
  expect(seeds).toEqual([
    {
      path: `kv/data/${APP}`,
      action: 'seed',
      material: 'secret/app',
      fields: ['PASSWORD'],
      message: 'seed secret/app with PASSWORD',
    },
  ])
  const applied = await keyroller('apply', '--with-kv-seed', seedFile())
  expect(applied.stdout).toContain('1 seeded')
  expect((await admin.read(`kv/data/${APP}`))?.data).toEqual({ PASSWORD: CANARY })
  expect((await admin.read('kv/metadata/other'))?.current_version).toBe(1)
  const commands = await keyroller('plan', '--commands', '--with-kv-seed', seedFile())
  for (const { stdout, stderr } of [planned, applied, commands]) expect(stdout + stderr).not.toContain(CANARY)
})

test('4. a second time changes nothing, also with other values', async () => {
  seed({ app: { PASSWORD: 'another' } })
  const { stdout } = await keyroller('apply', '--with-kv-seed', seedFile())
  expect(stdout).toMatch(/^0 created, 0 updated, \d+ as they should be\n$/)
  expect((await admin.read(`kv/data/${APP}`))?.data).toEqual({ PASSWORD: CANARY })
})

test.each([
  ['{ "nobody": { "A": "1" } }', 0o600, 'expected the names of configured secrets, found "nobody"'],
  [`{ "app": "${CANARY}" }`, 0o600, 'expected an object of fields for app, found none'],
  [`{ "app": ${CANARY}`, 0o600, 'expected JSON, found something else'],
  ['{ "app": { "A": "1" } }', 0o644, 'expected nothing for others, found mode 0644'],
])('5. %s with mode %o is refused without a word of it', async (text, mode, message) => {
  const file = join(dir, `seed-${mode}-${text.length}`)
  writeFileSync(file, text, { mode })
  const { exit, stdout, stderr } = await keyroller('plan', '--with-kv-seed', file)
  expect(exit).toBe(3)
  expect(stderr).toContain(message)
  expect(stdout + stderr).not.toContain(CANARY)
})

test('6. other ways in than cert auth are told when asked for, and stay', async () => {
  expect((await keyroller('plan', '--cert-only')).stdout).not.toContain('sys/auth:')
  await admin.write('sys/auth/approle', { type: 'approle' })
  const { stdout } = await keyroller('apply', '--cert-only')
  expect(stdout).toContain('sys/auth: expected cert auth alone, found approle: yours to disable')
  expect(Object.keys((await admin.read('sys/auth')) ?? {})).toContain('approle/')
})

test('7. the host reads by nothing but that', async () => {
  await bootstrapIdentity(host, admin, { name: APP, reload: [] }, { lifetimeMs: 30 * DAY_MS })
  expect(await host.keyroller(['renew', 'secret/app'])).toMatchObject({ exit: 0 })
  expect(await readFile(join(dir, `${APP}.env`), 'utf8')).toBe(`PASSWORD=${CANARY}\n`)
})

function keyroller(verb: string, ...args: string[]) {
  return host.keyroller(['vault', verb, '--token', join(dir, 'token'), ...args])
}

function seed(values: object): void {
  writeFileSync(seedFile(), JSON.stringify(values), { mode: 0o600 })
}

function seedFile(): string {
  return join(dir, 'seed.json')
}
