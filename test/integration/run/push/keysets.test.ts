/**
 * Scenario S1 for a signing key that two hosts share in a real Vault: a control node pushes it signed, validators of tokens run throughout,
 * the key before is accepted for its grace, cut off, and taken off the register.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
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
import { claimsOf, signPush } from '../../../rig/push-signature.ts'
import { waitFor } from '../../../rig/wait-for.ts'

const NODE = join(import.meta.dirname, '../../../../node_modules/.bin/node')
const VALIDATOR = join(import.meta.dirname, '../../../rig/keysets/token-validator.ts')
const control = generateKeyPairSync('ed25519')
const [first, second, third] = ['1', '2', '3'].map(() => generateKeyPairSync('ed25519').privateKey) as [
  KeyObject,
  KeyObject,
  KeyObject,
]

let fleet: KeysetFleet
let ports: number[]
const programs: Background[] = []
beforeAll(async () => {
  fleet = await startKeysetFleet(['alpha', 'beta'], (host) => keysetOf(host, []))
  const publicPem = control.publicKey.export({ type: 'spki', format: 'pem' })
  for (const host of fleet.hosts) {
    mkdirSync(inbox(host), { mode: 0o700 })
    writeFileSync(join(host.dir, 'push-keys.pem'), publicPem)
    writeFileSync(join(host.dir, 'off-register'), REGISTER, { mode: 0o755 })
  }
})
afterAll(async () => {
  await Promise.all(programs.map((one) => one.stop()))
  await fleet?.stop()
})

test('1. pushed to both at the same moment: one takes it in, for the other it is known, and both have it', async () => {
  for (const host of fleet.hosts) push(host, first, 1)
  const runs = await Promise.all(fleet.hosts.map(adopt))
  for (const { exit, stdout, stderr } of runs) expect(exit, stdout + stderr).toBe(0)
  const told = runs.map(({ stdout }) => /push 1 is version 1( already)?/.exec(stdout)?.[0] ?? stdout)
  expect(told.toSorted()).toEqual(['push 1 is version 1', 'push 1 is version 1 already'])
  expect(fleet.hosts.map((host) => readdirSync(inbox(host)))).toEqual([[], []])
  expect((await fleet.admin.read(`kv/metadata/${KEYSET_PATH}`))?.current_version).toBe(2)
  await startValidators()
  expect(await verdict(first, 'v1')).toEqual([200, 200])
})

test('2. what a stranger has signed is refused and left, and nobody is told', async () => {
  const [alpha] = fleet.hosts as [Host]
  push(alpha, third, 2, generateKeyPairSync('ed25519').privateKey)
  const { exit, stdout } = await adopt(alpha)
  expect([exit, stdout]).toEqual([7, expect.stringContaining('not-signed: ')])
  expect(readdirSync(inbox(alpha)).toSorted()).toEqual(['key.jws', 'key.pem'])
  expect(await verdict(first, 'v1')).toEqual([200, 200])
})

test('3. the next one, pushed to one host, takes over on both; what the one before has signed is accepted still', async () => {
  const [alpha] = fleet.hosts as [Host]
  push(alpha, second, 2)
  expect(await adopt(alpha)).toMatchObject({ exit: 0 })
  await waitFor('version 2 in use', () => everyHost((host) => inUse(host) === 'v2'), 60_000)
  expect([await verdict(first, 'v1'), await verdict(second, 'v2')]).toEqual([
    [200, 200],
    [200, 200],
  ])
})

test('4. after its grace it is cut off on both, and off the register', async () => {
  await waitFor('version 1 gone', () => everyHost((host) => !known(host).includes('v1')), 60_000)
  expect([await verdict(first, 'v1'), await verdict(second, 'v2')]).toEqual([
    [401, 401],
    [200, 200],
  ])
  const registers = fleet.hosts.map((host) => join(host.dir, 'retired')).filter(existsSync)
  expect(registers.map((path) => readFileSync(path, 'utf8').split('\n')[0])).toContain('tokens 1 v1')
})

test('5. played again, wherever, it is refused', async () => {
  for (const host of fleet.hosts) {
    push(host, first, 1)
    const { exit, stdout } = await adopt(host)
    expect([exit, stdout]).toEqual([7, expect.stringContaining('expected a sequence above 2, found 1')])
  }
  expect(await verdict(first, 'v1')).toEqual([401, 401])
})

const REGISTER = `#!/bin/sh
echo "$KEYROLLER_KEYSET $KEYROLLER_VERSION $KEYROLLER_KID" >> "$(dirname "$0")/retired"
`

function keysetOf(host: Host, consumers: readonly string[]): ConfigTable {
  return {
    kind: 'ed25519',
    publish_ahead: '1s',
    longest_lifetime: '1s',
    accept_for: '15s',
    refresh_every: '1s',
    inbox: inbox(host),
    push_keys: join(host.dir, 'push-keys.pem'),
    on_retired: [join(host.dir, 'off-register')],
    reload: consumers.map((name) => ({ pid_file: join(host.dir, `${name}.pid`), signal: 'HUP' })),
    files: { jwks: jwks(host), private_jwks: join(keysDir(host), 'private.json') },
  }
}

async function startValidators(): Promise<void> {
  ports = await Promise.all(fleet.hosts.map(() => freePort()))
  for (const [index, host] of fleet.hosts.entries()) {
    const port = ports[index] ?? 0
    const program = startBackground([NODE, VALIDATOR, jwks(host), `${port}`], {
      logFile: join(host.dir, 'validator.log'),
      env: { PATH: process.env.PATH },
    })
    programs.push(program)
    writeFileSync(join(host.dir, 'validator.pid'), `${program.pid}\n`)
    await waitFor('a validator', async () => (await ask(port, '')) === 401)
    await configureKeyset(host, keysetOf(host, ['validator']))
  }
}

function push(host: Host, key: KeyObject, sequence: number, signer: KeyObject = control.privateKey): void {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  writeFileSync(join(inbox(host), 'key.pem'), pem, { mode: 0o600 })
  writeFileSync(join(inbox(host), 'key.jws'), signPush(claimsOf(pem, { sequence }), signer), { mode: 0o600 })
}

function adopt(host: Host) {
  return host.keyroller(['adopt', '--log', 'human'])
}

/** A run on each at the same moment, and whether it is so then. */
async function everyHost(is: (host: Host) => boolean): Promise<boolean> {
  const runs = await Promise.all(fleet.hosts.map((host) => host.keyroller(['renew'])))
  for (const { exit, stdout, stderr } of runs) expect(exit, stdout + stderr).toBe(0)
  return fleet.hosts.every(is)
}

function inUse(host: Host): string {
  return JSON.parse(readFileSync(join(keysDir(host), 'private.json'), 'utf8')).active
}

function known(host: Host): string[] {
  const { keys } = JSON.parse(readFileSync(jwks(host), 'utf8')) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

/** What each validator says to a token that is good for an hour. */
async function verdict(key: KeyObject, kid: string): Promise<number[]> {
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setExpirationTime('1h')
    .sign(key)
  return Promise.all(ports.map((port) => ask(port, token)))
}

async function ask(port: number, token: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: token })).status
}

function inbox({ dir }: Host): string {
  return join(dir, 'inbox')
}

function jwks(host: Host): string {
  return join(keysDir(host), 'jwks.json')
}
