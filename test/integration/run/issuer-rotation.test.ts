/** The authorities of a mount are replaced, root and all, while a host works on; steps in order. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHost, type Host } from '../../rig/host.ts'
import { appNames } from '../../rig/pki.ts'
import { makeRoot, rotateIssuer } from '../../rig/rotate-issuer.ts'
import { bootstrapHost, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
/** Of the pairs under the old issuer: long enough for every step before the last, and waited out there. */
const OLD_LIFE_MS = 100_000

let server: ScenarioServer
let host: Host
let oldLeaf: X509Certificate
let next: { readonly root: string; readonly intermediate: string }
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-issuer-rotation-'))
  host = await createHost({ ...server, dir, apps: [{ name: APP, reload: [] }] })
  await bootstrapHost(host, server.admin, {
    identity: { lifetimeMs: OLD_LIFE_MS },
    leaf: { lifetimeMs: OLD_LIFE_MS },
  })
  await host.configure((config) => {
    const reload = [{ exec: ['/bin/sh', '-c', `echo told >> ${join(dir, 'told')}`] }]
    config.bundle = { site: { files: { ca: bundlePath() }, reload } }
  })
  oldLeaf = leaf()
}, 900_000)
afterAll(async () => {
  await rm(host.dir, { recursive: true })
  await server.stop()
})

test('1. the bundle holds what there is', async () => {
  await renew('--now', 'bundle/site')
  expect(bundled()).toEqual(new Set([server.pki.intermediatePem, server.pki.rootPem]))
  expect(told()).toBe(1)
})

test('2. an issuer below a root that nobody here has vouched for is not taken in', async () => {
  const root = await makeRoot(server.admin, 'pki-root-next', 'PrivSec Root CA 2')
  next = { root, intermediate: await rotateIssuer(server.admin, 'pki-root-next') }
  const { exit, stdout } = await host.keyroller(['renew', '--now', 'bundle/site'])
  expect(exit).toBe(7)
  expect(stdout).toContain('expected a chain to the anchors')
  expect(bundled()).toEqual(new Set([server.pki.intermediatePem, server.pki.rootPem]))
})

test('3. with the new root in the trust file the bundle holds both, while every leaf is of the old one', async () => {
  writeFileSync(host.trustFile, server.pki.rootPem + next.root)
  await renew('--now', 'bundle/site')
  expect(bundled()).toEqual(both())
  expect(told()).toBe(2)
  expect(leaf().serialNumber).toBe(oldLeaf.serialNumber)
})

test('4. then they come under the new one; the bundle is looked at first, stays, and nobody is told of it', async () => {
  await server.admin.write(`auth/cert/certs/${appNames(APP).mapping}`, {
    certificate: server.pki.intermediatePem + next.intermediate,
  })
  const { steps } = JSON.parse(
    (await host.keyroller(['renew', '--now', '--json', `identity/${APP}`, `certificate/${APP}`])).stdout,
  )
  const kinds = steps.map(({ kind, outcome }: { kind: string; outcome: string }) => `${kind} ${outcome}`)
  expect(kinds.slice(0, 3)).toEqual(['preflight done', 'health done', 'refresh done'])
  expect(kinds.at(-1)).not.toContain('failed')
  expect(leaf().verify(new X509Certificate(next.intermediate).publicKey)).toBe(true)
  expect(bundled()).toEqual(both())
  expect(told()).toBe(2)
})

test('5. the old ones go with the last certificate that needed them, and their consumer is told', async () => {
  const endedMs = Date.parse(oldLeaf.validTo) - Date.now() + 2000
  const under = ['faketime', '-f', `+${Math.ceil(endedMs / 1000)}s`]
  const { exit, stdout, stderr } = await host.keyroller(['renew', '--now', 'bundle/site'], { under })
  expect(exit, stdout + stderr).toBe(0)
  expect(bundled()).toEqual(new Set([next.intermediate, next.root]))
  expect(told()).toBe(3)
})

async function renew(...args: string[]): Promise<void> {
  const { exit, stdout, stderr } = await host.keyroller(['renew', ...args])
  if (exit !== 0) throw new Error(stdout + stderr)
}

function both(): Set<string> {
  return new Set([next.intermediate, next.root, server.pki.intermediatePem, server.pki.rootPem])
}

function bundlePath(): string {
  return join(host.dir, 'site.pem')
}

function bundled(): Set<string> {
  return new Set(readFileSync(bundlePath(), 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/))
}

function told(): number {
  const path = join(host.dir, 'told')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
}

function leaf(): X509Certificate {
  return new X509Certificate(readFileSync(host.paths(APP).fullchain))
}
