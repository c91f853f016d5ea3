/** An operator's token and the configuration make a bare server one that this host can work with. */
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../rig/command.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { appNames, type Pki, setUpAuthorities } from '../../rig/pki.ts'
import { type VaultAdmin, vaultAdmin, vaultRequest } from '../../rig/vault-admin.ts'
import { startVault, type VaultServer, vaultBinary } from '../../rig/vault-server.ts'

const APP = 'ncprd1'
const { policy, mapping, leafRole, identityRole } = appNames(APP)

let dir: string
let vault: VaultServer
let admin: VaultAdmin
let pki: Pki
let host: Host
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-server-side-'))
  vault = await startVault({ dir: join(dir, 'vault'), binary: await vaultBinary(), storage: 'inmem' })
  admin = vaultAdmin(vault, vault.rootToken)
  pki = await setUpAuthorities(admin)
  host = await createHost({ dir: join(dir, 'host'), vault, pki, apps: [{ name: APP, reload: [] }] })
  await host.configure((config) => {
    const identity = config.identity?.[APP] as Record<string, unknown>
    const certificate = config.certificate?.[APP] as Record<string, unknown>
    identity.server = { policy, policies: ['marker-cert-auth'], drop_policies: ['debug-policy'] }
    certificate.server = { allowed_domains: ['int.privsec.ch', 'prod.privsec.ch'], max_ttl: '24h' }
  })
  writeFileSync(tokenFile(), vault.rootToken, { mode: 0o600 })
}, 900_000)
afterAll(async () => {
  await vault.stop()
  await rm(dir, { recursive: true })
})

test('1. the plan says everything that is missing, and makes none of it', async () => {
  const { stdout, exit } = await keyroller('plan')
  expect(exit).toBe(0)
  expect(stdout).toMatch(/^sys\/auth\/cert: enable cert auth$/m)
  expect(stdout).toMatch(new RegExp(`^auth/cert/certs/${mapping}: create mapping ${mapping}$`, 'm'))
  expect(stdout.trimEnd()).toMatch(/5 to create, 0 to update, 1 as they should be$/)
  expect(await admin.read(`pki-prod/roles/${leafRole}`)).toBeNull()
})

test('2. applied, it is so; a second time there is nothing to do', async () => {
  expect((await keyroller('apply')).exit).toBe(0)
  expect((await keyroller('apply')).stdout).toBe('0 created, 0 updated, 6 as they should be\n')
})

test('3. the host enrols, renews and is served by nothing but that', async () => {
  const wrapped = await vaultRequest(vault, {
    method: 'PUT',
    path: 'auth/token/create',
    token: vault.rootToken,
    headers: { 'X-Vault-Wrap-TTL': '5m' },
    body: { policies: [policy], ttl: '5m' },
  })
  const { token } = wrapped.body.wrap_info as { token: string }
  const file = join(dir, 'enrol')
  writeFileSync(file, token, { mode: 0o600 })
  expect(await host.keyroller(['enroll', APP, '--token', file])).toMatchObject({ exit: 0 })
  expect(await host.keyroller(['renew'])).toMatchObject({ exit: 0 })
  expect(existsSync(host.paths(APP).fullchain)).toBe(true)
})

test('4. what was changed by hand is shown, and nothing else; what an operator added stays', async () => {
  const role = await admin.read(`pki-prod/roles/${leafRole}`)
  await admin.write(`pki-prod/roles/${leafRole}`, { ...role, server_flag: false, no_store: true })
  await admin.write(`auth/cert/certs/${mapping}`, { token_policies: [policy, 'debug-policy', 'theirs'] })
  const { changes } = JSON.parse((await keyroller('plan', '--json')).stdout)
  const drift = changes.filter(({ action }: { action: string }) => action !== 'keep')
  expect(drift).toMatchObject([
    {
      path: `pki-prod/roles/${leafRole}`,
      action: 'update',
      differences: [{ field: 'server_flag', wanted: true, found: false }],
    },
    {
      path: `auth/cert/certs/${mapping}`,
      differences: [{ field: 'token_policies', found: [policy, 'debug-policy', 'theirs'] }],
    },
  ])
  expect((await keyroller('apply')).exit).toBe(0)
  expect(await admin.read(`pki-prod/roles/${leafRole}`)).toMatchObject({ server_flag: true, no_store: true })
  expect(await admin.read(`auth/cert/certs/${mapping}`)).toMatchObject({
    token_policies: expect.arrayContaining([policy, 'marker-cert-auth', 'theirs']),
  })
  expect((await admin.read(`auth/cert/certs/${mapping}`))?.token_policies).not.toContain('debug-policy')
})

test("5. the commands do the same with Vault's own client", async () => {
  await admin.remove(`pki-prod/roles/${identityRole}`)
  await admin.remove(`sys/policies/acl/${policy}`)
  const { stdout } = await keyroller('plan', '--commands')
  const path = `${join(dir, 'bin')}:${process.env.PATH}`
  await run(['sh', '-c', `mkdir -p ${dir}/bin && ln -s ${await vaultBinary()} ${dir}/bin/vault`])
  const env = {
    PATH: path,
    HOME: dir,
    VAULT_ADDR: vault.address,
    VAULT_CACERT: vault.caFile,
    VAULT_TOKEN: vault.rootToken,
  }
  const applied = await run(['sh', '-e', '-c', stdout], { env })
  expect(applied).toMatchObject({ exit: 0 })
  expect((await keyroller('plan')).stdout).toBe('0 to create, 0 to update, 6 as they should be\n')
})

test('6. stopped halfway, what was made is told with the error', async () => {
  await admin.remove(`pki-prod/roles/${leafRole}`)
  await admin.remove(`auth/cert/certs/${mapping}`)
  const all = '{ capabilities = ["create", "read", "update"] }'
  await admin.write('sys/policies/acl/half', {
    policy: `path "*" ${all}\npath "auth/cert/certs/*" { capabilities = ["read"] }`,
  })
  const answer = await admin.write('auth/token/create', { policies: ['half'], ttl: '5m' })
  const half = (answer as { auth: { client_token: string } }).auth.client_token
  writeFileSync(tokenFile(), half, { mode: 0o600 })
  const { stdout, exit } = await keyroller('apply', '--json')
  const told = JSON.parse(stdout)
  expect(exit).toBe(6)
  expect(told).toMatchObject({ schema: 1, exit: 6, error: { code: 'vault-denied' } })
  const made = told.changes.filter(({ action }: { action: string }) => action !== 'keep')
  expect(made).toMatchObject([{ path: `pki-prod/roles/${leafRole}`, action: 'create' }])
  const words = await keyroller('apply')
  expect(words.stdout).toContain('0 created, 0 updated, 5 as they should be, then no further')
  expect(words.stderr).toContain('expected the capability update on auth/cert/certs')
  writeFileSync(tokenFile(), vault.rootToken, { mode: 0o600 })
  expect((await keyroller('apply')).exit).toBe(0)
})

test('7. a token that may not is told what it lacks', async () => {
  const { auth } = (await admin.write('auth/token/create', { policies: ['default'], ttl: '5m' })) as {
    auth: { client_token: string }
  }
  writeFileSync(tokenFile(), auth.client_token, { mode: 0o600 })
  const refused = await keyroller('plan')
  expect(refused.exit).toBe(6)
  expect(refused.stderr).toContain('expected the capability read on sys/mounts')
  expect(refused.stderr).not.toContain(auth.client_token)
})

test('8. the policy alone needs no server', async () => {
  const { stdout } = await host.keyroller(['vault', 'policy', APP])
  expect(stdout).toContain(`path "pki-prod/sign/${leafRole}" {\n  capabilities = ["update"]\n}`)
})

function keyroller(verb: string, ...args: string[]) {
  return host.keyroller(['vault', verb, '--token', tokenFile(), ...args])
}

function tokenFile(): string {
  return join(dir, 'token')
}
