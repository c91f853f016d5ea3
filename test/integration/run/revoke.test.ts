/** Certificates that were replaced are revoked on a real Vault, asked for and by themselves; steps in order. */
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { appNames, PKI_MOUNT } from '../../rig/pki.ts'
import { bootstrapHost, DAY_MS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`
const { policy, leafRole, identityRole } = appNames(APP)

let server: ScenarioServer
let host: Host
beforeAll(async () => {
  server = await startServer()
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-revoke-'))
  host = await createHost({ ...server, dir, apps: [{ name: APP, reload: [] }] })
  await bootstrapHost(host, server.admin, {
    identity: { lifetimeMs: 30 * DAY_MS, ageMs: 0 },
    leaf: { lifetimeMs: DAY_MS, ageMs: 0 },
  })
})
afterAll(async () => {
  await rm(host.dir, { recursive: true })
  await server.stop()
})

test('1. nothing was replaced, so nothing is revoked, least of all what is installed', async () => {
  expect((await host.keyroller(['revoke', WEB])).exit).toBe(2)
  const installed = await host.keyroller(['revoke', WEB, '--serial', serial()])
  expect(installed.stderr).toContain(`found ${serial()}, which is installed`)
})

test('2. a policy that does not allow it is told, and the copy stays for the next try', async () => {
  const old = serial()
  await roll()
  const refused = await host.keyroller(['revoke', WEB])
  expect(refused.exit).toBe(6)
  expect(refused.stdout).toContain(`expected the capability update on ${PKI_MOUNT}/revoke`)
  expect(await isRevoked(old)).toBe(false)
  expect(kept()).toHaveLength(1)
})

test('3. with its own key a host revokes its own certificate, and nothing else of it leaves', async () => {
  await grant(`${PKI_MOUNT}/revoke-with-key`)
  const old = keptSerial()
  const mark = await auditMark(server.vault.auditLogPath)
  expect(await host.keyroller(['revoke', WEB, '--with-key'])).toMatchObject({ exit: 0 })
  const asked = await auditedRequests(server.vault.auditLogPath, mark)
  expect(await isRevoked(old)).toBe(true)
  expect(await isRevoked(serial())).toBe(false)
  expect(kept()).toEqual([])
  expect(asked.map(({ path }) => path)).toEqual([
    'auth/cert/login',
    `${PKI_MOUNT}/revoke-with-key`,
    'auth/token/revoke-self',
  ])
  const sent = JSON.stringify(asked)
  const installedKey = readFileSync(host.paths(APP).leafKey, 'utf8').split('\n')[1] ?? ''
  expect(sent).not.toContain(installedKey)
})

test('4. by itself, when the grace is over: revoked before what was kept goes', async () => {
  await grant(`${PKI_MOUNT}/revoke`)
  await host.configure((config) => {
    config.previous = { grace: '1s', revoke: 'any' }
  })
  const old = serial()
  await roll()
  expect(kept()).toHaveLength(1)
  await sleep(1100)
  const { steps } = JSON.parse((await host.keyroller(['renew', '--json'])).stdout)
  expect(steps.map(({ kind, outcome }: { kind: string; outcome: string }) => `${kind} ${outcome}`)).toEqual([
    'health done',
    'login done',
    'revoke done',
    'prune done',
  ])
  expect(await isRevoked(old)).toBe(true)
  expect(kept()).toEqual([])
})

test('5. what cannot be revoked stays with its key, and is tried again', async () => {
  await grant()
  const old = serial()
  await roll()
  await sleep(1100)
  expect((await host.keyroller(['renew'])).exit).toBe(6)
  expect(kept()).toHaveLength(1)
  await grant(`${PKI_MOUNT}/revoke`)
  expect((await host.keyroller(['renew'])).exit).toBe(0)
  expect(await isRevoked(old)).toBe(true)
  expect(kept()).toEqual([])
})

async function roll(): Promise<void> {
  expect(await host.keyroller(['renew', '--now', WEB])).toMatchObject({ exit: 0 })
}

function serial(): string {
  return new X509Certificate(readFileSync(host.paths(APP).fullchain)).serialNumber.toLowerCase()
}

function kept(): string[] {
  return readdirSync(join(host.stateDir, 'previous'))
}

function keptSerial(): string {
  return kept()[0]?.split('.')[1] ?? ''
}

async function isRevoked(one: string): Promise<boolean> {
  const bytes = one.padStart(one.length + (one.length % 2), '0').match(/../g) ?? []
  const found = await server.admin.read(`${PKI_MOUNT}/cert/${bytes.join('-')}`)
  return Number(found?.revocation_time ?? 0) > 0
}

async function grant(...more: readonly string[]): Promise<void> {
  const paths = [`${PKI_MOUNT}/sign/${identityRole}`, `${PKI_MOUNT}/sign/${leafRole}`, ...more]
  const text = paths.map((path) => `path "${path}" { capabilities = ["update"] }`).join('\n')
  await server.admin.write(`sys/policies/acl/${policy}`, { policy: text })
}
