/**
 * Scenario S0: two proxies sign their cached policy with the key of their environment file, and fail closed on a cache that it has not signed.
 * Rotated only while the control plane answers; the way out when nothing fits any more; the old public key stays as evidence.
 */
import { createPublicKey, verify } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, run } from '../../../rig/command.ts'
import { freePort } from '../../../rig/free-port.ts'
import { keyrollerCommand, runKeyroller } from '../../../rig/host.ts'
import { followRunbook, type Shell } from '../../../rig/runbook.ts'
import { waitFor } from '../../../rig/wait-for.ts'

const NODE = join(import.meta.dirname, '../../../../node_modules/.bin/node')
const RESTART = join(import.meta.dirname, '../../../rig/keysets/restart-proxy.sh')
const PROXIES = ['first', 'second']

let dir: string
let port: number
let controlPlane: Server | undefined
/** What the first key has signed. */
let evidence: { readonly policy: Buffer; readonly signature: Buffer }
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'keyroller-policy-'))
  port = await freePort()
  for (const name of [...PROXIES, 'public', 'state', 'run']) mkdirSync(join(dir, name), { mode: 0o700 })
  await raiseControlPlane()
  configure({ rotate_every: '30d' })
})
afterAll(async () => {
  for (const name of PROXIES) stopProxy(name)
  await dropControlPlane()
  rmSync(dir, { recursive: true })
})

test('0. nothing is begun over a key of somebody else', async () => {
  writeFileSync(join(dir, 'proxy.env'), 'OTHER=1\nPOLICY_SIGNING_KEY="old"\n')
  const { exit, stdout } = await keyroller('renew')
  expect([exit, stdout]).toEqual([7, expect.stringContaining('found one')])
  expect(readFileSync(join(dir, 'proxy.env'), 'utf8')).toBe('OTHER=1\nPOLICY_SIGNING_KEY="old"\n')
  writeFileSync(join(dir, 'proxy.env'), 'OTHER=1\n')
})

test('1. the first key: each proxy starts with it, fetches the policy and signs its cache', async () => {
  expect(await keyroller('renew', '--now')).toMatchObject({ exit: 0 })
  expect(readFileSync(join(dir, 'proxy.env'), 'utf8')).toMatch(/^OTHER=1\nPOLICY_SIGNING_KEY=/)
  expect(restarts()).toEqual(PROXIES)
  for (const name of PROXIES) expect(isSignedBy(name, 1)).toBe(true)
  evidence = {
    policy: readFileSync(join(dir, 'first/policy.json')),
    signature: readFileSync(join(dir, 'first/policy.json.sig')),
  }
})

test('2. with the control plane down it is held, with that reason, and nothing is touched', async () => {
  await dropControlPlane()
  configure({ rotate_every: '2s' })
  const before = readFileSync(join(dir, 'proxy.env'), 'utf8')
  const held = 'expected a control plane that answers, found'
  await waitFor('an activation that is held', async () => (await keyroller('renew')).stdout.includes(held))
  expect((await keyroller('plan')).stdout).toContain(held)
  expect(readFileSync(join(dir, 'proxy.env'), 'utf8')).toBe(before)
  expect(restarts()).toEqual(PROXIES)
})

test('3. with the control plane up it is rotated: one proxy after the other fetches and signs anew', async () => {
  const before = readFileSync(join(dir, 'proxy.env'), 'utf8')
  await raiseControlPlane()
  await waitFor(
    'version 2 in use',
    async () =>
      (await keyroller('renew')).exit === 0 && readFileSync(join(dir, 'proxy.env'), 'utf8') !== before,
  )
  configure({ rotate_every: '30d' })
  expect(restarts()).toEqual([...PROXIES, ...PROXIES])
  for (const name of PROXIES) expect([isSignedBy(name, 1), isSignedBy(name, 2)]).toEqual([false, true])
})

test('4. only then a start from the cache can be relied on', async () => {
  await dropControlPlane()
  expect((await restart('first')).exit).toBe(0)
})

test('5. the old public key stays, and still proves what its key has signed', async () => {
  const old = createPublicKey(readFileSync(join(dir, 'public/v1.pem')))
  expect(verify(null, evidence.policy, old, evidence.signature)).toBe(true)
})

test('6. break-glass, by its page: caches that no key of today has signed, and proxies that do not start', async () => {
  for (const name of PROXIES) {
    stopProxy(name)
    writeFileSync(join(dir, name, 'policy.json.sig'), evidence.signature)
  }
  expect((await restart('first')).exit).toBe(1)
  // Without the control plane nobody could make a cache anew.
  expect(await keyroller('keyset', 'recover', 'policy', '--yes')).not.toMatchObject({ exit: 0 })
  expect(readFileSync(join(dir, 'first/policy.json'))).toEqual(evidence.policy)
  await raiseControlPlane()
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/runbooks', 'break-glass.md'), 'utf8')
  await followRunbook(page, { proxy: shellWithKeyroller() })
  expect(restarts().slice(-2)).toEqual(PROXIES)
  for (const name of PROXIES) expect(isSignedBy(name, 2)).toBe(true)
})

function shellWithKeyroller(): Shell {
  const words = keyrollerCommand().map((word) => `'${word}'`)
  const script = `#!/bin/sh\nexec ${words.join(' ')} "$@" --config '${join(dir, 'keyroller.toml')}'\n`
  mkdirSync(join(dir, 'bin'))
  writeFileSync(join(dir, 'bin/keyroller'), script, { mode: 0o755 })
  const { PATH, HOME } = process.env
  const env = { HOME, PATH: `${join(dir, 'bin')}:${PATH}` }
  return (command) => run(['sh', '-u', '-c', command], { env, timeoutMs: 60_000 })
}

function configure(life: { readonly rotate_every: string }): void {
  const restart = (name: string, order: number) => ({
    exec: [RESTART, NODE, join(dir, name), controlUrl()],
    order,
  })
  const config = {
    vault: { address: 'https://127.0.0.1:1', ca_file: '/etc/ssl/certs/ca-certificates.crt' },
    host: { state_dir: join(dir, 'state'), runtime_dir: join(dir, 'run') },
    keyset: {
      policy: {
        ...{
          kind: 'ed25519',
          publish_ahead: '1s',
          longest_lifetime: '1h',
          control_plane: controlUrl(),
          ...life,
        },
        stale_files: PROXIES.flatMap((name) =>
          ['policy.json', 'policy.json.sig'].map((file) => join(dir, name, file)),
        ),
        reload: PROXIES.map((name, index) => restart(name, index + 1)),
        files: {
          variable: { path: join(dir, 'proxy.env'), name: 'POLICY_SIGNING_KEY' },
          public_dir: join(dir, 'public'),
        },
      },
    },
  }
  writeFileSync(join(dir, 'keyroller.toml'), stringify(config), { mode: 0o600 })
}

function keyroller(...args: readonly string[]): Promise<Finished> {
  return runKeyroller([...args, '--config', join(dir, 'keyroller.toml')])
}

/** As somebody does by hand, or a reboot. */
function restart(name: string): Promise<Finished> {
  const { PATH } = process.env
  return run([RESTART, NODE, join(dir, name), controlUrl()], { env: { PATH }, timeoutMs: 20_000 })
}

function controlUrl(): string {
  return `http://127.0.0.1:${port}/policy`
}

async function raiseControlPlane(): Promise<void> {
  const server = createServer((_, response) => response.end(JSON.stringify({ allow: ['example.com'] })))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  controlPlane = server
}

async function dropControlPlane(): Promise<void> {
  const server = controlPlane
  controlPlane = undefined
  server?.closeAllConnections()
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()))
}

function isSignedBy(name: string, version: number): boolean {
  const [policy, signature] = ['policy.json', 'policy.json.sig'].map((file) =>
    readFileSync(join(dir, name, file)),
  )
  if (!policy || !signature) return false
  return verify(null, policy, createPublicKey(readFileSync(join(dir, `public/v${version}.pem`))), signature)
}

/** In the order in which they came. */
function restarts(): string[] {
  return readFileSync(join(dir, 'restarts'), 'utf8').trim().split('\n')
}

function stopProxy(name: string): void {
  try {
    process.kill(Number(readFileSync(join(dir, name, 'pid'), 'utf8')))
  } catch {
    // It never started, or has ended.
  }
}
