/** Three hosts leave their cards in a real KV engine, and an operator reads them; then everything that can be wrong with a card. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FleetCard } from '../../../src/core/fleet/card.ts'
import type { HostReport } from '../../../src/core/fleet/host-report.ts'
import { auditedRequests } from '../../rig/audit-log.ts'
import { bootstrapIdentity, bootstrapLeaf } from '../../rig/bootstrap.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { appNames, setUpApp } from '../../rig/pki.ts'
import { DAY_MS, DUE_LEAF, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { vaultAdmin, vaultRequest } from '../../rig/vault-admin.ts'

const APPS = ['ncprd1', 'resume2me', 'third'] as const
const nameOf = (app: string) => appNames(app).commonName
const [FIRST, SECOND, THIRD] = [nameOf('ncprd1'), nameOf('resume2me'), nameOf('third')]

let server: ScenarioServer
let hosts: Host[]
let token: string
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  await server.admin.write('sys/mounts/kv', { type: 'kv', options: { version: '2' } })
  // One after another: what signs their first pairs is one role, written anew for each.
  hosts = []
  for (const app of APPS) hosts.push(await startHost(app))
  token = join(server.dir, 'token')
  await writeFile(token, server.vault.rootToken, { mode: 0o600 })
})
afterAll(() => server?.stop())

test('the first run of each host leaves a card, and all are told', async () => {
  for (const host of hosts) expect(await renew(host)).toEqual([0, ''])
  const { hosts: told, counts } = await fleet('status')
  expect(counts).toMatchObject({ ready: 3, unverified: 0 })
  expect(told.map(({ name }) => name)).toEqual([FIRST, SECOND, THIRD].toSorted())
  const card = cardOf(told, FIRST)
  expect(card).toMatchObject({
    ...{ ready: true, materials: 2, exit: 0, owed: 0, every: 21_600 },
    reached: { issued: 2, installed: 2 },
    skew: [{ subject: 'keyroller' }, ...card.skew.slice(1)],
  })
  expect(card.ends[0]?.material).toBe('certificate/ncprd1')
})

test('with nothing new nobody is asked', async () => {
  const before = (await auditedRequests(server.vault.auditLogPath)).length
  expect(await renew(host())).toEqual([0, ''])
  expect((await auditedRequests(server.vault.auditLogPath)).length).toBe(before)
})

test('a run that did something tells of it: one login and one write more', async () => {
  await bootstrapLeaf(host(), server.admin, appOf(host()), DUE_LEAF)
  const before = (await auditedRequests(server.vault.auditLogPath)).length
  expect(await renew(host())).toEqual([0, ''])
  const asked = (await auditedRequests(server.vault.auditLogPath)).slice(before).map(({ path }) => path)
  expect(asked).toEqual([
    'auth/cert/login',
    `pki-prod/sign/${appNames('ncprd1').leafRole}`,
    'auth/token/revoke-self',
    'auth/cert/login',
    `kv/data/keyroller/fleet/${FIRST}`,
    'auth/token/revoke-self',
  ])
  const card = cardOf((await fleet('verify')).hosts, FIRST)
  expect(card).toMatchObject({ server: '1.21.1', ledger: { seq: expect.any(Number) } })
})

test('people get a line a host', async () => {
  const { stdout, exit } = await host().keyroller(['fleet', 'status', '--token', token])
  expect(exit).toBe(0)
  const lines = stdout.split('\n')
  expect(lines[0]).toMatch(/^HOST +STATE +SEEN +KEYROLLER +SERVER +SKEW +READY +OWED +ENDS$/)
  expect(lines[1]).toMatch(
    /^agent-ncprd1\.prod\.privsec\.ch +ready +\d+s +\S+ +1\.21\.1 +\S+ +2\/2 +0 +23h59m$/,
  )
  expect(lines.at(-2)).toBe('3 ready')
})

test('a host may write its own card and no other, and read none', async () => {
  const admin = vaultAdmin(server.vault, await tokenWith([`card-${APPS[0]}`]))
  await expect(admin.write(cardPath(SECOND), { data: {} })).rejects.toThrow('permission denied')
  await expect(admin.read(cardPath(FIRST))).rejects.toThrow('permission denied')
  await expect(admin.read('kv/metadata/keyroller/fleet?list=true')).rejects.toThrow('permission denied')
})

describe('a card is not believed', () => {
  let stored: Record<string, unknown>[]
  beforeAll(async () => {
    stored = await Promise.all([FIRST, SECOND].map(read))
  })
  beforeEach(async () => {
    for (const [index, name] of [FIRST, SECOND].entries()) await store(name, stored[index] ?? {})
  })

  test('under the name of another host', async () => {
    await store(SECOND, stored[0] ?? {})
    await expectFinding(SECOND, 'misnamed', `expected the card of ${SECOND}, found that of ${FIRST}`)
  })

  test.each([
    [
      'with another word in it',
      (jws: string) => jws.replace(/\..{8}/, '.eyJhIjox'),
      'expected a signature over this payload',
    ],
    ['cut off', (jws: string) => jws.slice(0, -42), 'expected a signature over this payload'],
    [
      'without a signature',
      (jws: string) => jws.split('.').slice(0, 2).join('.'),
      'expected a JWS of three parts',
    ],
    ['that is no text', () => undefined, 'expected a signed card, found none'],
  ])('%s', async (_, spoil, message) => {
    await store(SECOND, { card: spoil(String(stored[1]?.card)) })
    await expectFinding(SECOND, 'unreadable', message)
  })

  test('signed by an authority that this fleet does not know', async () => {
    const other = await startServer({ storage: 'inmem' })
    try {
      await writeFile(join(server.dir, 'other-root.pem'), other.pki.rootPem)
      await configure(host(), { trust_file: join(server.dir, 'other-root.pem') })
      const { hosts: told, exit } = await fleet('verify')
      expect(exit).toBe(12)
      for (const { findings, card } of told) {
        expect(findings.map(({ reason }) => reason)).toEqual(['untrusted'])
        expect(card).toBeUndefined()
      }
    } finally {
      await configure(host())
      await other.stop()
    }
  })

  test('but told all the same where that is not to be strict', async () => {
    await store(SECOND, stored[0] ?? {})
    await configure(host(), { strict: false })
    const { hosts: told } = await fleet('status')
    expect(find(told, SECOND)).toMatchObject({ state: 'unverified', card: { name: FIRST } })
    await configure(host())
  })

  async function expectFinding(name: string, reason: string, message: string): Promise<void> {
    const { hosts: told, exit } = await fleet('verify')
    expect(exit).toBe(12)
    const found = find(told, name)
    expect(found.findings).toEqual([{ reason, message: expect.stringContaining(message) }])
    expect(found).not.toHaveProperty('card')
    expect(told.filter(({ findings }) => findings.length > 0)).toEqual([found])
  }
})

describe('what was known before', () => {
  test('an older card put back is found, from the store and from what was printed', async () => {
    const old = await read(FIRST)
    const known = join(server.dir, 'known.json')
    await bootstrapLeaf(host(), server.admin, appOf(host()), DUE_LEAF)
    expect(await renew(host())).toEqual([0, ''])
    await writeFile(known, JSON.stringify(await fleet('status')), { mode: 0o600 })
    await store(FIRST, old)
    for (const args of [[], ['--known', known]]) {
      const { hosts: told, exit } = await fleet('verify', ...args)
      expect(exit).toBe(12)
      expect(find(told, FIRST)).toMatchObject({ state: 'backwards', findings: [{ reason: 'backwards' }] })
    }
  })

  test('a host whose card is gone is told', async () => {
    const known = join(server.dir, 'known.json')
    await server.admin.remove(`kv/metadata/keyroller/fleet/${THIRD}`)
    const { hosts: told } = await fleet('verify', '--known', known)
    expect(find(told, THIRD)).toMatchObject({ state: 'silent', findings: [{ reason: 'gone' }] })
  })
})

test('a card that may not be written fails no run, is told, and is not tried again at once', async () => {
  const [, second] = hosts
  if (!second) throw new Error('no second host')
  await server.admin.write(`sys/policies/acl/card-${APPS[1]}`, {
    policy: `path "pki-prod/sign/${appNames(APPS[1]).leafRole}" { capabilities = ["update"] }`,
  })
  await bootstrapLeaf(second, server.admin, appOf(second), DUE_LEAF)
  const [exit, notes] = await renew(second)
  expect(exit).toBe(0)
  expect(notes).toContain(
    `the card of this host could not be written: expected the capabilities create and update on ${cardPath(SECOND)}`,
  )
  const before = (await auditedRequests(server.vault.auditLogPath)).length
  expect(await renew(second)).toEqual([0, ''])
  expect((await auditedRequests(server.vault.auditLogPath)).length).toBe(before)
})

async function startHost(app: (typeof APPS)[number]): Promise<Host> {
  const { vault, pki, admin } = server
  await setUpApp(admin, { app, pki })
  const started = await createHost({
    vault,
    pki,
    dir: join(server.dir, app),
    apps: [{ name: app, reload: [] }],
  })
  await bootstrapIdentity(started, admin, appOf(started), { lifetimeMs: 30 * DAY_MS })
  await bootstrapLeaf(started, admin, appOf(started), { lifetimeMs: DAY_MS })
  await configure(started)
  const { stdout } = await started.keyroller(['vault', 'policy', '--json'])
  await admin.write(`sys/policies/acl/card-${app}`, { policy: JSON.parse(stdout).policies[0].rules })
  await admin.write(`auth/cert/certs/${appNames(app).mapping}`, { token_policies: [`card-${app}`] })
  return started
}

async function configure(one: Host, changes: Record<string, unknown> = {}): Promise<void> {
  await one.configure((config) => {
    config.kv = { mount: 'kv' }
    config.fleet = { identity: appOf(one).name, ...changes }
  })
}

/** The one from which the fleet is looked at. */
function host(): Host {
  const [first] = hosts
  if (!first) throw new Error('no host')
  return first
}

function appOf({ apps: [app] }: Host) {
  if (!app) throw new Error('a host without an app')
  return app
}

/** Exit code, and what was told of this run beside its outcome. */
async function renew(one: Host): Promise<[number | null, string]> {
  const { exit, stdout } = await one.keyroller(['renew'])
  const notes = stdout.split('\n').filter((line) => line.includes('the card of this host'))
  return [exit, notes.join('\n')]
}

async function fleet(
  verb: 'status' | 'verify',
  ...args: string[]
): Promise<{ hosts: HostReport[]; counts: object; exit: number | null }> {
  const { stdout, exit } = await host().keyroller(['fleet', verb, '--json', '--token', token, ...args])
  return { ...JSON.parse(stdout), exit }
}

function find(told: readonly HostReport[], name: string): HostReport {
  const found = told.find((one) => one.name === name)
  if (!found) throw new Error(`${name} was not told`)
  return found
}

function cardOf(told: readonly HostReport[], name: string): FleetCard {
  const { card } = find(told, name)
  if (!card) throw new Error(`${name} has no card`)
  return card
}

function cardPath(name: string): string {
  return `kv/data/keyroller/fleet/${name}`
}

async function read(name: string): Promise<Record<string, unknown>> {
  return ((await server.admin.read(cardPath(name)))?.data ?? {}) as Record<string, unknown>
}

async function store(name: string, data: Record<string, unknown>): Promise<void> {
  await server.admin.write(cardPath(name), { data })
}

/** A token with these policies alone. */
async function tokenWith(policies: readonly string[]): Promise<string> {
  const { status, body } = await vaultRequest(server.vault, {
    ...{ method: 'POST', path: 'auth/token/create', token: server.vault.rootToken },
    body: { policies, no_default_policy: true },
  })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return String((body.auth as { client_token: unknown }).client_token)
}
