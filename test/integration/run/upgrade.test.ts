/** The server is upgraded between two runs: what a renewal needs is tested on that day, on real servers of both versions. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { eventsIn, heardIn } from '../../rig/heard.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { AUTH_MOUNT, appNames, writeLeafRole } from '../../rig/pki.ts'
import { bootstrapHost, DAY_MS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { vaultBinary } from '../../rig/vault-server.ts'

const APP = 'ncprd1'
const { mapping, leafRole, policy } = appNames(APP)
const SECRET = `secret/data/${APP}`
const READ = `path "${SECRET}" { capabilities = ["read"] }`

let server: ScenarioServer
let host: Host
beforeAll(async () => {
  server = await startServer({ binary: await vaultBinary('1.20.4') })
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-upgrade-'))
  host = await createHost({ ...server, dir, apps: [{ name: APP, reload: [] }] })
  await host.configure((config) => {
    config.renewal = { look_every: '1s' }
    config.notify = heardIn(join(dir, 'heard'))
    config.secret = { app: { identity: APP, path: APP, files: { json: join(dir, 'app.json') } } }
  })
  await server.admin.write('sys/mounts/secret', { type: 'kv', options: { version: '2' } })
  await server.admin.write(SECRET, { data: { user: 'app' } })
  await server.admin.write(`sys/policies/acl/secret-${APP}`, { policy: READ })
  await server.admin.write(`auth/${AUTH_MOUNT}/certs/${mapping}`, {
    token_policies: [policy, `secret-${APP}`],
  })
  await bootstrapHost(host, server.admin, { leaf: { lifetimeMs: DAY_MS, ageMs: 0 } })
}, 900_000)
afterAll(async () => {
  await rm(host.dir, { recursive: true })
  await server.stop()
})

test('1. a first run sees 1.20.4, which nothing is compared with yet', async () => {
  expect(await host.keyroller(['renew'])).toMatchObject({ exit: 0 })
  expect(await serverStatus()).toEqual({ version: '1.20.4', seenAt: expect.any(String) })
})

test('2. with nothing due a look asks for the version alone, which no login is needed for', async () => {
  const { seenAt } = await serverStatus()
  expect(await asked()).toEqual([])
  expect((await serverStatus()).seenAt > seenAt).toBe(true)
})

test('3. upgraded to 1.21.1: each identity logs in, each role signs, each secret is read, nothing is installed, tokens are revoked', async () => {
  await server.vault.stop()
  await server.vault.start(await vaultBinary())
  const before = agentPair()
  expect(await asked()).toEqual([
    `auth/${AUTH_MOUNT}/login`,
    `pki-prod/sign/${appNames(APP).identityRole}`,
    `pki-prod/sign/${leafRole}`,
    SECRET,
    'auth/token/revoke-self',
  ])
  expect(agentPair()).toEqual(before)
  expect(await serverStatus()).toMatchObject({
    version: '1.21.1',
    retest: {
      from: '1.20.4',
      works: true,
      checks: [{ check: 'login' }, { check: 'sign' }, { check: 'sign' }, { check: 'read' }],
    },
  })
  const said = (await host.keyroller(['status'])).stdout
  expect(said).toMatch(/^keyroller \S+: same: tested with 1\.21\.1, server is 1\.21\.1$/m)
  expect(said).toMatch(
    /^server 1\.21\.1, tested anew at \S+ after 1\.20\.4: 1 login, 2 dry signings and 1 reading work$/m,
  )
})

test('4. once is enough', async () => {
  expect(await asked()).toEqual([])
})

test('5. what an upgrade broke is found on its day, although nothing is due, and again until it is mended', async () => {
  await server.vault.stop()
  await server.vault.start(await vaultBinary('1.20.4'))
  await server.admin.remove(`pki-prod/roles/${leafRole}`)
  const broken = await renew()
  expect(broken.exit).toBe(6)
  expect(broken.stdout).toContain(`certificate/${APP}: dry signing: pki-prod/roles/${leafRole} refused`)
  expect(await serverStatus()).toMatchObject({ version: '1.20.4', retest: { works: false } })
  expect((await renew()).exit).toBe(6)
  await writeLeafRole(server.admin, APP, '24h')
  expect((await renew()).exit).toBe(0)
  expect(await serverStatus()).toMatchObject({ retest: { works: true } })
})

test('6. a mapping that went with it says nothing against what is installed', async () => {
  await server.vault.stop()
  await server.vault.start(await vaultBinary())
  await server.admin.remove(`auth/${AUTH_MOUNT}/certs/${mapping}`)
  const broken = await renew()
  expect(broken.exit).toBe(5)
  expect(broken.stdout).toContain(`identity/${APP}: login: auth/${AUTH_MOUNT}/certs/${mapping}`)
  const { materials } = JSON.parse((await host.keyroller(['status', '--json'])).stdout)
  expect(materials).toMatchObject(Array(3).fill({ next: { action: 'keep' } }))
})

test('7. whoever is told has heard of each change once', () => {
  const changes = eventsIn(join(host.dir, 'heard')).filter(({ event }) => event === 'skew-changed')
  expect(changes.map(({ severity, reason }) => `${severity} ${reason}`)).toEqual([
    'warning untested',
    'info same',
    'critical role-refused',
    'warning untested',
    'critical login-refused',
  ])
})

/** What a run that ends well asks, as far as Vault audits it: everything but its health. */
async function asked(): Promise<string[]> {
  const mark = await auditMark(server.vault.auditLogPath)
  expect(await renew()).toMatchObject({ exit: 0 })
  return (await auditedRequests(server.vault.auditLogPath, mark)).map(({ path }) => path)
}

/** Once the next look is due again. */
async function renew() {
  await sleep(1100)
  return host.keyroller(['renew'])
}

async function serverStatus() {
  return JSON.parse((await host.keyroller(['status', '--json'])).stdout).server
}

function agentPair(): string[] {
  const { agentKey, agentCert, leafKey, fullchain } = host.paths(APP)
  return [agentKey, agentCert, leafKey, fullchain].map((path) => readFileSync(path, 'utf8'))
}
