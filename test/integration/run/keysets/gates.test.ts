/** What keeps a version from being put in use on one host: each gate holds it with its reason, and lets it through once it opens. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LoneHost, loneHost } from '../../../rig/keysets/lone-host.ts'

const LIFE = {
  kind: 'ed25519',
  rotate_every: '30d',
  publish_ahead: '7d',
  longest_lifetime: '1d',
  accept_for: '5d',
}

let host: LoneHost
let url: string
let controlPlane: Server
/** What it answers. */
let status = 200
beforeAll(async () => {
  host = loneHost()
  controlPlane = createServer((_, response) => response.writeHead(status).end())
  await new Promise<void>((resolve) => controlPlane.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(controlPlane.address() as AddressInfo).port}/health`
  host.configure(keysets())
})
afterAll(() => {
  controlPlane?.close()
  host?.remove()
})

test('1. even the first version waits for the control plane', async () => {
  status = 503
  expect(await renew(0)).toEqual({ exit: 0, text: expect.stringContaining(NO_ANSWER) })
  expect(lives()).toEqual({ planned: 'next', proved: 'active', told: 'active', filed: 'active' })
  status = 200
  expect((await renew(0.1)).exit).toBe(0)
  expect(host.life('planned')).toBe('active')
})

test('2. the next ones are made, whatever stands against them: a program that says no, a consumer that cannot be told', async () => {
  for (const name of ['unproved', 'deaf']) writeFileSync(host.at(name), '')
  status = 503
  expect((await renew(24)).exit).toBe(10)
  expect(lives()).toEqual(all('active next'))
})

test('3. each is held for its own reason, which plan and status say too', async () => {
  const { text } = await renew(31)
  expect(lives()).toEqual({ ...all('active next'), filed: 'retiring active' })
  const reasons = [NO_ANSWER, 'not yet do exec:', 'version 2']
  for (const said of [
    text,
    (await host.onDay(31, ['plan'])).stdout,
    (await host.onDay(31, ['status'])).stdout,
  ])
    for (const reason of reasons) expect(said).toContain(reason)
  for (const name of NAMES) expect(jwksKids(name)).toEqual(name === 'filed' ? ['v2', 'v1'] : ['v1', 'v2'])
})

test('4. once the control plane answers, the program says yes and the consumer was told, it is done', async () => {
  for (const name of ['unproved', 'deaf']) rmSync(host.at(name))
  status = 200
  for (const day of [31.5, 31.6, 31.7]) expect((await renew(day)).exit).toBe(0)
  expect(lives()).toEqual(all('retiring active'))
})

test('5. a register that cannot be told keeps the bytes and is asked again; the cutoff waits for nobody', async () => {
  writeFileSync(host.at('unregistered'), '')
  expect((await renew(38)).exit).toBe(11)
  expect(host.life('filed')).toBe('retired active')
  expect(host.record('filed').keys[1]?.secret).toEqual(expect.any(String))
  expect([jwksKids('filed'), readFileSync(host.at('filed.told'), 'utf8')]).toEqual([['v2'], inFile('filed')])
  rmSync(host.at('unregistered'))
  expect((await renew(39)).exit).toBe(0)
  expect(host.life('filed')).toBe('archived active')
  expect(readFileSync(host.at('register'), 'utf8')).toBe('filed 1 v1\nfiled 1 v1\n')
})

function keysets() {
  const probe = host.program('probe', `! [ -e "${host.dir}/unproved" ]`)
  const tell = host.program('tell', `! [ -e "${host.dir}/deaf" ]`)
  const register = host.program(
    'take-off',
    `echo "$KEYROLLER_KEYSET $KEYROLLER_VERSION $KEYROLLER_KID" >> "${host.dir}/register"; ! [ -e "${host.dir}/unregistered" ]`,
  )
  return {
    planned: { ...keyset('planned'), control_plane: url },
    proved: { ...keyset('proved'), probe: { exec: [probe], timeout: '1s' } },
    told: { ...keyset('told'), reload: [{ exec: [tell] }] },
    filed: {
      ...keyset('filed'),
      on_retired: [register],
      reload: [{ exec: ['/bin/cp', host.at('filed.json'), host.at('filed.told')] }],
    },
  }
}

function keyset(name: string) {
  return { ...LIFE, files: { jwks: host.at(`${name}.json`) } }
}

async function renew(day: number): Promise<{ readonly exit: number; readonly text: string }> {
  const { exit, stdout, stderr } = await host.onDay(day, ['renew', '--log', 'human'])
  return { exit, text: stdout + stderr }
}

const NAMES = ['planned', 'proved', 'told', 'filed'] as const
const NO_ANSWER = 'expected a control plane that answers, found'

function lives() {
  return Object.fromEntries(NAMES.map((name) => [name, host.life(name)]))
}

function all(life: string) {
  return Object.fromEntries(NAMES.map((name) => [name, life]))
}

function jwksKids(name: string): string[] {
  return JSON.parse(inFile(name)).keys.map(({ kid }: { kid: string }) => kid)
}

function inFile(name: string): string {
  return readFileSync(host.at(`${name}.json`), 'utf8')
}
