/** Killed at any rename or removal of a push that is taken in: the next runs go on from there, and nothing of it is lost or half done. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finished } from '../../../rig/command.ts'
import { runKeyroller } from '../../../rig/host.ts'
import { type Authority, makeAuthority } from '../../../rig/openssl-authority.ts'
import { claimsOf, signPush } from '../../../rig/push-signature.ts'

const control = generateKeyPairSync('ed25519')
let dir: string
let authority: Authority
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'keyroller-push-kills-'))
  for (const name of ['state', 'run', 'web', 'tokens']) mkdirSync(join(dir, name), { mode: 0o700 })
  authority = await makeAuthority()
  writeFileSync(join(dir, 'ca.pem'), authority.caPem)
  writeFileSync(join(dir, 'push-keys.pem'), control.publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(join(dir, 'keyroller.toml'), CONFIG.replaceAll('@', dir))
  pushKey()
  expect(await adopt('keyset/tokens')).toMatchObject({ exit: 0 })
})
afterAll(async () => {
  await authority?.remove()
  rmSync(dir, { recursive: true })
})

/** The first renames are of state, journal and store, the later ones of files; what is removed first is what was pushed, or the journal. */
const KILLS: readonly [call: string, nth: number][] = [
  ['rename', 1],
  ['rename', 2],
  ['rename', 3],
  ['rename', 4],
  ['unlink', 1],
]

test.each(KILLS)('a pair, at %s %i', async (call, nth) => {
  const { certPem, keyPem } = await authority.issue({ commonName: 'web.example', names: 'DNS:web.example' })
  put('web', { 'key.pem': keyPem, 'fullchain.pem': certPem })
  expect((await adopt('certificate/web', killAt(call, nth))).exit).not.toBe(0)
  expect(await adopt('certificate/web')).toMatchObject({ exit: 0 })
  expect([read('web.crt'), read('web.key'), mail('web')]).toEqual([certPem, keyPem, []])
})

/** One life goes on through all of it: what is put in use next is always the key that was pushed last. */
test.each(KILLS)('a key of a keyset, at %s %i', async (call, nth) => {
  const pem = pushKey()
  expect((await adopt('keyset/tokens', killAt(call, nth))).exit).not.toBe(0)
  // By the timer alone: either it was taken in and is shown by now, or it waits in the inbox.
  await keyroller(['renew', 'keyset/tokens'])
  expect(newest() === publicOf(pem)).toBe(isTaken(pem))
  if (!isTaken(pem)) expect(mail('tokens').toSorted()).toEqual(['key.jws', 'key.pem'])
  expect(await adopt('keyset/tokens')).toMatchObject({ exit: 0 })
  expect([newest(), mail('tokens')]).toEqual([publicOf(pem), []])
  await keyroller(['keyset', 'rotate', 'tokens', '--now', '--yes'])
})

let sequence = 0
function pushKey(): string {
  sequence += 1
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  put('tokens', { 'key.pem': pem, 'key.jws': signPush(claimsOf(pem, { sequence }), control.privateKey) })
  return pem
}

function killAt(call: string, nth: number): string[] {
  const inject = `inject=${call}:signal=KILL:when=${nth}`
  return ['strace', '-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject]
}

function adopt(name: string, under: readonly string[] = []): Promise<Finished> {
  return keyroller(['adopt', name, '--log', 'human'], under)
}

function keyroller(args: readonly string[], under: readonly string[] = []): Promise<Finished> {
  return runKeyroller([...args, '--config', join(dir, 'keyroller.toml')], { under })
}

function put(name: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files))
    writeFileSync(join(dir, name, file), text, { mode: 0o600 })
}

function read(name: string): string {
  return readFileSync(join(dir, name), 'utf8')
}

function mail(name: string): string[] {
  return readdirSync(join(dir, name))
}

function record(): {
  document: { versions: { number: number }[] }
  keys: Record<string, { public: string }>
} {
  return JSON.parse(read('state/keysets/tokens.json'))
}

function isTaken(pem: string): boolean {
  return Object.values(record().keys).some((key) => key.public === publicOf(pem))
}

/** The last one that consumers are shown. */
function newest(): string | undefined {
  const { keys } = JSON.parse(read('jwks.json')) as { keys: { kid: string }[] }
  const numbers = keys.map(({ kid }) => Number(kid.slice(1)))
  return record().keys[Math.max(...numbers)]?.public
}

function publicOf(pem: string): string {
  const x = Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).x ?? '', 'base64url')
  return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), x]).toString('base64')
}

const CONFIG = `
[vault]
address = "https://127.0.0.1:1"
ca_file = "@/ca.pem"
[pki]
mount = "pki"
trust_file = "@/ca.pem"
[host]
state_dir = "@/state"
runtime_dir = "@/run"
[previous]
keep = 0
[identity.web]
mapping = "web"
role = "web"
common_name = "agent.example"
files = { key = "@/agent.key", cert = "@/agent.crt" }
[certificate.web]
identity = "web"
role = "web"
common_name = "web.example"
inbox = "@/web"
files = { key = "@/web.key", fullchain = "@/web.crt" }
[keyset.tokens]
kind = "ed25519"
longest_lifetime = "1h"
publish_ahead = "1h"
inbox = "@/tokens"
push_keys = "@/push-keys.pem"
files = { jwks = "@/jwks.json" }
`
