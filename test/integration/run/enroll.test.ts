/** Hosts that cannot log in: the first pair, and the way back when it is lost, on a real Vault. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { bootstrapIdentity } from '../../rig/bootstrap.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { appNames } from '../../rig/pki.ts'
import { DAY_MS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { vaultRequest } from '../../rig/vault-admin.ts'

const APP = 'ncprd1'
const { policy } = appNames(APP)

let server: ScenarioServer
beforeAll(async () => {
  server = await startServer()
  await server.admin.write('sys/auth/approle', { type: 'approle' })
  await server.admin.write('auth/approle/role/enrol', {
    token_policies: [policy],
    secret_id_num_uses: 1,
    token_ttl: '5m',
  })
})
afterAll(() => server.stop())

let host: Host
beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-enroll-'))
  host = await createHost({ ...server, dir, apps: [{ name: APP, reload: [] }] })
})
afterEach(() => rm(host.dir, { recursive: true }))

test('a wrapped token gives a new host its pair, once, and everything else follows from it', async () => {
  const file = secretFile(await wrappedToken())
  const mark = await auditMark(server.vault.auditLogPath)
  const enrolled = await enroll(['--token', file])
  expect(enrolled).toMatchObject({ exit: 0, stderr: '' })
  expect(readFileSync(host.paths(APP).agentKey, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  const asked = (await auditedRequests(server.vault.auditLogPath, mark)).map(({ path }) => path)
  expect(asked).toEqual([
    'sys/wrapping/lookup',
    'sys/wrapping/unwrap',
    `pki-prod/sign/${appNames(APP).identityRole}`,
    'auth/cert/login',
    'auth/token/revoke-self',
    'auth/token/revoke-self',
  ])
  expect(await host.keyroller(['renew'])).toMatchObject({ exit: 0 })
  expect(existsSync(host.paths(APP).fullchain)).toBe(true)
})

test('a token that somebody opened before is refused, and nothing is written', async () => {
  const token = await wrappedToken()
  await vaultRequest(server.vault, { method: 'PUT', path: 'sys/wrapping/unwrap', token })
  const refused = await enroll(['--token', secretFile(token), '--json'])
  expect(refused.exit).toBe(5)
  expect(JSON.parse(refused.stdout).steps).toContainEqual(
    expect.objectContaining({
      kind: 'enrol',
      fault: expect.objectContaining({
        code: 'enrolment-refused',
        message: expect.stringContaining('expected a wrapping token that nobody has opened yet'),
      }),
    }),
  )
  expect(`${refused.stdout}${refused.stderr}`).not.toContain(token)
  expect(existsSync(host.paths(APP).agentKey)).toBe(false)
})

test('a secret that was opened and wrapped anew is found out before it is opened', async () => {
  const answer = await vaultRequest(server.vault, {
    method: 'PUT',
    path: 'sys/wrapping/wrap',
    token: server.vault.rootToken,
    headers: { 'X-Vault-Wrap-TTL': '5m' },
    body: { client_token: 'hvs.planted' },
  })
  const refused = await enroll(['--token', secretFile(wrapOf(answer.body))])
  expect(refused.exit).toBe(5)
  expect(refused.stdout).toContain(
    'expected a secret wrapped at auth/token/create, found one wrapped at sys/wrapping/wrap',
  )
})

test.each(['secret_id', 'wrapped_secret_id'])('an AppRole with its %s', async (key) => {
  const { role_id: roleId } = (await server.admin.read('auth/approle/role/enrol/role-id')) ?? {}
  const secret = key === 'secret_id' ? await secretId() : await wrappedSecretId()
  const file = secretFile(`role_id = "${roleId}"\n${key} = "${secret}"\n`)
  expect(await enroll(['--approle', file])).toMatchObject({ exit: 0 })
  rmSync(host.paths(APP).agentKey)
  rmSync(host.paths(APP).agentCert)
  const again = await enroll(['--approle', file])
  expect(again.exit).toBe(5)
  expect(again.stdout).toContain('enrolment-refused')
})

test('a pair that is there is not replaced unless that is asked for', async () => {
  await bootstrapApp({ lifetimeMs: 30 * DAY_MS, ageMs: DAY_MS })
  const file = secretFile(await wrappedToken())
  const kept = readFileSync(host.paths(APP).agentCert, 'utf8')
  const refused = await enroll(['--token', file])
  expect(refused.exit).toBe(2)
  expect(refused.stderr).toMatch(/expected no pair yet, found one with serial [0-9a-f]+, valid until/)
  expect(readFileSync(host.paths(APP).agentCert, 'utf8')).toBe(kept)
  expect(await enroll(['--token', file, '--repair'])).toMatchObject({ exit: 0 })
  expect(readFileSync(host.paths(APP).agentCert, 'utf8')).not.toBe(kept)
})

test('an expired identity is told apart, leaves stay, and a repair heals it', async () => {
  await bootstrapApp({ lifetimeMs: 2000, ageMs: 0 })
  await sleep(3000)
  const renewed = await host.keyroller(['renew', '--json'])
  expect(renewed.exit).toBe(5)
  expect(renewed.stdout).toContain('keyroller enroll --repair')
  const held = await host.keyroller(['renew', '--json'])
  expect(JSON.parse(held.stdout).steps).toEqual([])
  const unasked = await enroll(['--token', secretFile(await wrappedToken())])
  expect(unasked.stderr).toMatch(/found one that is of no use: expired .* ago/)
  expect(await enroll(['--token', secretFile(await wrappedToken()), '--repair'])).toMatchObject({ exit: 0 })
  expect(await host.keyroller(['renew'])).toMatchObject({ exit: 0 })
})

test('a secret that others could read, and an identity there is not', async () => {
  const file = secretFile(await wrappedToken(), 0o644)
  const exposed = await enroll(['--token', file])
  expect(exposed).toMatchObject({ exit: 3 })
  expect(exposed.stderr).toContain('expected nothing for others, found mode 0644')
  expect(await host.keyroller(['enroll', 'nobody', '--token', file])).toMatchObject({ exit: 2 })
  expect(await enroll([])).toMatchObject({ exit: 2 })
})

function enroll(args: readonly string[]) {
  return host.keyroller(['enroll', APP, ...args])
}

async function bootstrapApp(lifetime: { lifetimeMs: number; ageMs: number }): Promise<void> {
  const [app] = host.apps
  if (!app) throw new Error('the host has no app')
  await bootstrapIdentity(host, server.admin, app, lifetime)
}

function secretFile(text: string, mode = 0o600): string {
  const path = join(host.dir, 'secret')
  writeFileSync(path, text, { mode })
  return path
}

async function wrappedToken(): Promise<string> {
  return wrapOf(await wrapped('auth/token/create', { policies: [policy], ttl: '5m' }))
}

async function wrappedSecretId(): Promise<string> {
  return wrapOf(await wrapped('auth/approle/role/enrol/secret-id'))
}

async function secretId(): Promise<unknown> {
  return (await server.admin.write('auth/approle/role/enrol/secret-id')).secret_id
}

async function wrapped(path: string, body: object = {}) {
  const answer = await vaultRequest(server.vault, {
    method: 'PUT',
    ...{ path, body, token: server.vault.rootToken },
    headers: { 'X-Vault-Wrap-TTL': '5m' },
  })
  return answer.body
}

function wrapOf({ wrap_info: info }: Record<string, unknown>): string {
  return String((info as { token?: string } | undefined)?.token)
}
