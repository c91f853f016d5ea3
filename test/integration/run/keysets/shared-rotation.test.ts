/**
 * Scenario S3 with its quarter cut to seconds: three hosts share a signing key, issuers and validators of tokens run on each of them throughout.
 * No valid token is refused, none is accepted after the cutoff, and of three hosts that run at the same moment one takes each step.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Background, startBackground } from '../../../rig/background.ts'
import { freePort } from '../../../rig/free-port.ts'
import type { Host } from '../../../rig/host.ts'
import type { ConfigTable } from '../../../rig/host-config.ts'
import {
  configureKeyset,
  KEYSET_PATH,
  type KeysetFleet,
  keysDir,
  startKeysetFleet,
} from '../../../rig/keysets/keyset-fleet.ts'
import { waitFor } from '../../../rig/wait-for.ts'

const NAMES = ['alpha', 'beta', 'gamma']
const LIFETIME_MS = 3000
const RIG = join(import.meta.dirname, '../../../rig/keysets')
const NODE = join(import.meta.dirname, '../../../../node_modules/.bin/node')
const FOREIGN = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'partner',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  note: 'not ours',
}

let fleet: KeysetFleet
let ports: number[]
/** Signed with version 1, and by its own word good for an hour. */
let old: string
const programs: Background[] = []
beforeAll(async () => {
  fleet = await startKeysetFleet(NAMES, (host) => keysetOf(host, []))
  for (const host of fleet.hosts)
    await writeFile(jwks(host), JSON.stringify({ keys: [FOREIGN], owner: 'partner team' }))
})
afterAll(async () => {
  await Promise.all(programs.map((one) => one.stop()))
  await fleet?.stop()
})

test('1. the first version is made once and reaches every host', async () => {
  await everyHost()
  await everyHost()
  expect(await inUse()).toEqual(['v1', 'v1', 'v1'])
  expect(await kvVersion()).toBe(2)
})

test('2. a host that is away is waited for, by its name, and so is one whose card proves nothing', async () => {
  const [alpha, beta, gamma] = fleet.hosts
  if (!alpha || !beta || !gamma) throw new Error('three hosts are needed')
  const held = async (why: string) => {
    await beta.keyroller(['renew'])
    return (await alpha.keyroller(['renew'])).stdout.includes(why)
  }
  await waitFor('the activation to be held', () => held('not yet do agent-gamma.prod.privsec.ch'), 60_000)
  await fleet.admin.write('kv/data/keyroller/fleet/agent-gamma.prod.privsec.ch', { data: { card: 'forged' } })
  await waitFor('the card to be told', () => held('agent-gamma.prod.privsec.ch (its card is not proved'))
  expect(await inUse()).toEqual(['v1', 'v1', 'v1'])
})

test('3. two rotations under traffic, by whichever host comes first', async () => {
  await startTraffic()
  old = await signForever('v1')
  expect(await verdict(old)).toEqual([200, 200, 200])
  await waitFor(
    'version 3 in use',
    async () => {
      await everyHost()
      return (await inUse()).every((kid) => kid === 'v3')
    },
    90_000,
  )
  expect(await counted('rejected')).toEqual([])
  expect((await counted('accepted')).length).toBeGreaterThan(100)
})

test('4. after the cutoff nothing that the first version has signed is accepted, whatever it says of its life', async () => {
  await waitFor(
    'version 1 gone everywhere',
    async () => {
      await everyHost()
      return (await keysOf()).every((keys) => !keys.includes('v1'))
    },
    60_000,
  )
  expect(await verdict(old)).toEqual([401, 401, 401])
  expect(await counted('rejected')).toEqual([])
})

test('5. keys of others in the document are as they were', async () => {
  for (const host of fleet.hosts) {
    const document = JSON.parse(await readFile(jwks(host), 'utf8'))
    expect(document.owner).toBe('partner team')
    expect(document.keys.find(({ kid }: { kid: string }) => kid === 'partner')).toEqual(FOREIGN)
  }
})

test('6. each step was taken by one host', async () => {
  const record = JSON.parse(
    String(((await fleet.admin.read(`kv/data/${KEYSET_PATH}`)) as { data: { record: string } }).data.record),
  )
  const steps = (record.document.versions as { state: string; fate?: object }[]).map(stepsTaken)
  expect(await kvVersion()).toBe(steps.reduce((sum, one) => sum + one, 0))
})

/** Made, put in use together with the retiring of the one before, retired, archived: a write each. */
function stepsTaken({ state, fate }: { state: string; fate?: object }): number {
  if (fate) return 4
  return { next: 1, active: 2, retiring: 2, retired: 3 }[state] ?? 0
}

/** `consumers` are told by a signal. */
function keysetOf(host: Host, consumers: readonly string[]): ConfigTable {
  return {
    kind: 'ed25519',
    rotate_every: '8s',
    publish_ahead: '3s',
    longest_lifetime: '3s',
    accept_for: '20s',
    refresh_every: '1s',
    reload: consumers.map((name) => ({ pid_file: pidFile(host, name), signal: 'HUP' })),
    files: { jwks: jwks(host), private_jwks: privateJwks(host) },
  }
}

/** All at the same moment, as their timers may. */
async function everyHost(): Promise<void> {
  const runs = await Promise.all(fleet.hosts.map((host) => host.keyroller(['renew'])))
  for (const { exit, stdout, stderr } of runs) expect(exit, stdout + stderr).toBe(0)
}

async function startTraffic(): Promise<void> {
  ports = await Promise.all(fleet.hosts.map(() => freePort()))
  for (const [index, host] of fleet.hosts.entries())
    await start(host, 'validator', [jwks(host), String(ports[index])])
  for (const port of ports) await waitFor('a validator', async () => (await ask(port, '')) === 401)
  for (const host of fleet.hosts)
    await start(host, 'issuer', [privateJwks(host), String(LIFETIME_MS), log(host), ...ports.map(String)])
  for (const host of fleet.hosts) await configureKeyset(host, keysetOf(host, ['issuer', 'validator']))
}

async function start(host: Host, name: 'issuer' | 'validator', args: readonly string[]): Promise<void> {
  const argv = [NODE, join(RIG, `token-${name}.ts`), ...args] as const
  const program = startBackground(argv, {
    logFile: join(host.dir, `${name}.log`),
    env: { PATH: process.env.PATH },
  })
  programs.push(program)
  await writeFile(pidFile(host, name), `${program.pid}\n`)
}

function inUse(): Promise<string[]> {
  return Promise.all(
    fleet.hosts.map(async (host) => JSON.parse(await readFile(privateJwks(host), 'utf8')).active),
  )
}

function keysOf(): Promise<string[][]> {
  return Promise.all(
    fleet.hosts.map(async (host) => {
      const { keys } = JSON.parse(await readFile(jwks(host), 'utf8')) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    }),
  )
}

async function signForever(kid: string): Promise<string> {
  const [host] = fleet.hosts
  if (!host) throw new Error('no host')
  const { keys } = JSON.parse(await readFile(privateJwks(host), 'utf8')) as { keys: { kid: string }[] }
  const jwk = keys.find((one) => one.kid === kid)
  if (!jwk) throw new Error(`no key ${kid}`)
  const key = await importJWK(jwk, 'EdDSA')
  return new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', kid }).setExpirationTime('1h').sign(key)
}

function verdict(token: string): Promise<number[]> {
  return Promise.all(ports.map((port) => ask(port, token)))
}

async function ask(port: number, token: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: token })).status
}

/** What all issuers have written down of a kind. */
async function counted(kind: 'accepted' | 'rejected'): Promise<string[]> {
  const lines = await Promise.all(fleet.hosts.map((host) => readFile(log(host), 'utf8')))
  return lines.flatMap((text) => text.split('\n').filter((line) => line.startsWith(kind)))
}

async function kvVersion(): Promise<unknown> {
  return (await fleet.admin.read(`kv/metadata/${KEYSET_PATH}`))?.current_version
}

function jwks(host: Host): string {
  return join(keysDir(host), 'jwks.json')
}

function privateJwks(host: Host): string {
  return join(keysDir(host), 'private.json')
}

function pidFile(host: Host, name: string): string {
  return join(host.dir, `${name}.pid`)
}

function log(host: Host): string {
  return join(host.dir, 'tokens.log')
}
