/** Certificates in use that somebody revokes on a real Vault; steps in order. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { PKI_MOUNT } from '../../rig/pki.ts'
import { rotateIssuer } from '../../rig/rotate-issuer.ts'
import { bootstrapHost, DAY_MS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`

let server: ScenarioServer
let host: Host
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-check-revocation-'))
  host = await createHost({ ...server, dir, apps: [{ name: APP, reload: [] }] })
  await bootstrapHost(host, server.admin, {
    identity: { lifetimeMs: 30 * DAY_MS },
    leaf: { lifetimeMs: DAY_MS },
  })
  await lookEvery('1d')
}, 900_000)
afterAll(async () => {
  await rm(host.dir, { recursive: true })
  await server.stop()
})

test('1. one look for all that is installed, then nobody is asked', async () => {
  const mark = await auditMark(server.vault.auditLogPath)
  const before = serial()
  expect(await stepsOf()).toEqual(['check-revocation done'])
  expect(await askedSince(mark)).toEqual(['issuer/default/json', 'issuer/default/crl'])
  expect(await stepsOf()).toEqual([])
  expect(serial()).toBe(before)
})

test('2. revoked: renewed in the run that finds it, for its reason, and clear from then on', async () => {
  const old = serial()
  await revoke(old)
  expect(await stepsOf()).toEqual([])
  await lookEvery('1s')
  await lookDue()
  const { stdout } = await host.keyroller(['renew', '--json'])
  const { exit, decisions, steps } = JSON.parse(stdout)
  expect(exit).toBe(0)
  expect(decisions).toContainEqual(
    expect.objectContaining({ material: WEB, action: 'renew', reason: 'revoked' }),
  )
  expect(steps.map(({ kind }: { kind: string }) => kind)).toContain('install')
  expect(serial()).not.toBe(old)
  await lookEvery('1d')
  expect(await stepsOf()).toEqual([])
})

test('3. renewed under another issuer of the mount: its own list counts', async () => {
  await lookEvery('1s')
  await lookDue()
  const ids = (await server.admin.read(`${PKI_MOUNT}/config/issuers`)) as { default: string }
  await rotateIssuer(server.admin)
  const old = serial()
  const mark = await auditMark(server.vault.auditLogPath)
  expect(await stepsOf()).toEqual(['check-revocation done'])
  expect(await askedSince(mark)).toContain(`issuer/${ids.default}/crl`)
  await revoke(old)
  await lookDue()
  expect((await host.keyroller(['renew'])).exit).toBe(0)
  expect(serial()).not.toBe(old)
})

test('4. a list that has ended is told, and nothing else happens', async () => {
  await server.admin.write(`${PKI_MOUNT}/config/crl`, { expiry: '1s' })
  await server.admin.read(`${PKI_MOUNT}/crl/rotate`)
  await sleep(2000)
  const before = serial()
  const { exit, stdout } = await host.keyroller(['renew'])
  expect(exit).toBe(7)
  expect(stdout).toContain('expected a revocation list that is valid now, found one that ended at')
  expect(serial()).toBe(before)
  await lookDue()
  expect((await host.keyroller(['renew'])).exit).toBe(7)
})

function lookEvery(look_every: string): Promise<void> {
  return host.configure((config) => {
    config.renewal = { check_revocation: true, look_every }
  })
}

/** The run before may have looked less than the second of `lookEvery('1s')` ago. */
function lookDue(): Promise<void> {
  return sleep(1100)
}

async function revoke(serial: string): Promise<void> {
  const written = serial.match(/../g)?.join(':') ?? ''
  await server.admin.write(`${PKI_MOUNT}/revoke`, { serial_number: written })
}

async function stepsOf(): Promise<string[]> {
  const { steps } = JSON.parse((await host.keyroller(['renew', '--json'])).stdout)
  const told = (steps as { kind: string; outcome: string }[]).filter(({ kind }) => kind !== 'retest')
  return told.map(({ kind, outcome }) => `${kind} ${outcome}`)
}

async function askedSince(mark: number): Promise<string[]> {
  const requests = await auditedRequests(server.vault.auditLogPath, mark)
  return requests
    .map(({ path }) => path.replace(`${PKI_MOUNT}/`, ''))
    .filter((path) => path.startsWith('issuer'))
}

function serial(): string {
  return new X509Certificate(readFileSync(host.paths(APP).fullchain)).serialNumber.toLowerCase()
}
