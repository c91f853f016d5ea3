/** What persons ask of a keyset that hosts share: two who ask for the same mean one, and what is asked is judged by the store itself. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Host } from '../../../rig/host.ts'
import type { ConfigTable } from '../../../rig/host-config.ts'
import { type KeysetFleet, keysDir, startKeysetFleet } from '../../../rig/keysets/keyset-fleet.ts'

let fleet: KeysetFleet
let alpha: Host
let beta: Host
beforeAll(async () => {
  fleet = await startKeysetFleet(['alpha', 'beta'], keysetOf)
  const [first, second] = fleet.hosts
  if (!first || !second) throw new Error('two hosts are needed')
  alpha = first
  beta = second
  for (const host of [alpha, beta]) expect(await done(host, ['renew'])).toBe(0)
})
afterAll(() => fleet?.stop())

test('1. after a leak both hosts ask at the same moment, and one version takes over', async () => {
  const order = ['keyset', 'rotate', 'tokens', '--now', '--grace', '30m', '--yes']
  expect(await Promise.all([done(alpha, order), done(beta, order)])).toEqual([0, 0])
  for (const host of [alpha, beta]) {
    expect(await versionsOf(host)).toEqual(['1 retiring', '2 active'])
    expect(await kids(host)).toEqual(['v2', 'v1'])
  }
})

test('2. a host that has not looked since is answered by the store, not by what it remembers', async () => {
  expect(await done(alpha, ['keyset', 'retire', 'tokens', 'v1', '--yes'])).toBe(0)
  expect(await versionsOf(beta)).toEqual(['1 retiring', '2 active'])
  const again = await beta.keyroller(['keyset', 'retire', 'tokens', 'v1', '--yes', '--json'])
  expect(again.exit).toBe(0)
  expect(again.stdout).toContain('version 1 is accepted no more already')
  expect(await versionsOf(beta)).toEqual(['1 archived', '2 active'])
})

test('3. what cannot be done is refused, and keeps nothing waiting', async () => {
  const refused = await beta.keyroller(['keyset', 'retire', 'tokens', 'v2', '--yes', '--json'])
  expect(refused.exit).toBe(2)
  expect(refused.stdout).toContain('tokens: expected version 2 retiring, found it active')
  expect((await beta.keyroller(['status', '--json'])).stdout).not.toContain('"failure"')
})

test('4. public keys come from the store, archived ones too', async () => {
  const { exit, stdout } = await alpha.keyroller(['keyset', 'export-public', 'tokens', '--all'])
  expect([exit, JSON.parse(stdout).keys.map(({ kid }: { readonly kid: string }) => kid)]).toEqual([
    0,
    ['v1', 'v2'],
  ])
  expect(stdout).not.toContain('"d"')
})

function keysetOf(host: Host): ConfigTable {
  return {
    kind: 'ed25519',
    ...{ rotate_every: '90d', publish_ahead: '7d', longest_lifetime: '12h' },
    files: { jwks: join(keysDir(host), 'jwks.json') },
  }
}

async function done(host: Host, args: readonly string[]): Promise<number> {
  const { exit, stdout, stderr } = await host.keyroller([...args])
  if (exit !== 0) throw new Error(stdout + stderr)
  return exit
}

async function versionsOf(host: Host): Promise<string[]> {
  const { stdout } = await host.keyroller(['keyset', 'show', 'tokens', '--json'])
  const { versions } = JSON.parse(stdout) as { versions: { version: number; state: string }[] }
  return versions.map(({ version, state }) => `${version} ${state}`)
}

async function kids(host: Host): Promise<string[]> {
  const { keys } = JSON.parse(await readFile(join(keysDir(host), 'jwks.json'), 'utf8')) as {
    keys: { kid: string }[]
  }
  return keys.map(({ kid }) => kid)
}
