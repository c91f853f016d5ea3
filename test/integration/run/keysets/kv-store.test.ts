/** A keyset that many hosts write, in a real KV engine: each with a login of its own, and the rights that its policy gives. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FleetConfig } from '../../../../src/core/host-config.ts'
import { emptyRecord, type KeysetRecord, recordAfter } from '../../../../src/core/keysets/record.ts'
import type { KeysetStep } from '../../../../src/core/keysets/steps-ahead.ts'
import { isShared } from '../../../../src/core/material.ts'
import { judgeRights } from '../../../../src/core/server-side/host-view.ts'
import { formatCapabilities } from '../../../../src/core/server-side/policy.ts'
import { policyPaths } from '../../../../src/core/server-side/policy-paths.ts'
import type { KeysetStoreHandle } from '../../../../src/run/keysets/keyset-store.ts'
import { kvStore } from '../../../../src/run/keysets/kv-store.ts'
import { checkReadable } from '../../../../src/run/online-check.ts'
import { openVault, type Vault } from '../../../../src/vault/open-vault.ts'
import { AUTH_MOUNT, appNames } from '../../../rig/pki.ts'
import { type ScenarioServer, startServer } from '../../../rig/scenario-s2.ts'
import { signPair } from '../../../rig/signed-pair.ts'
import { config, DAY_MS, identity } from '../../../unit/core/builders.ts'
import { keyset } from '../../../unit/core/keyset-builders.ts'

const { mapping, commonName, policy: POLICY } = appNames('ncprd1')
const HOSTS = 20
const AGENT = identity('ncprd1')
const FLEET: FleetConfig = {
  ...{ kvMount: 'kv', path: 'fleet', trustFile: '/etc/root.pem', strict: true },
  card: { identity: AGENT.id, name: 'a.int.privsec.ch', everyMs: DAY_MS },
}
/** One for each test. */
const KEYSETS = Array.from({ length: 20 }, (_, index) => {
  const path = `keysets/tokens-${index + 1}`
  return keyset('tokens', { store: { kind: 'shared', identity: AGENT.id, kvMount: 'kv', path, hosts: [] } })
}).filter(isShared)
const PATHS = policyPaths(AGENT, { ...config(AGENT, ...KEYSETS), fleet: FLEET })
const CANARY = Buffer.from('canary').toString('base64')

let server: ScenarioServer
let vault: Vault
let sessions: Awaited<ReturnType<Vault['login']>>[]
let stores: KeysetStoreHandle[]
let path = ''

beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  await server.admin.write('sys/mounts/kv', { type: 'kv', options: { version: '2' } })
  await allow('all')
  const { certPem, keyPem } = await signPair(server.admin, {
    commonName,
    usage: 'client',
    lifetimeMs: DAY_MS,
  })
  const { address, caFile } = server.vault
  const settings = { addresses: [address], caFile, timeoutMs: 30_000 } as const
  vault = openVault(settings, {
    ...{ caPem: await readFile(caFile, 'utf8'), concurrency: 2, version: '0.0.0' },
    signal: AbortSignal.timeout(100_000),
  })
  const login = { login: { authMount: AUTH_MOUNT, mapping }, pair: { certPem, keyPem } }
  sessions = await Promise.all(Array.from({ length: HOSTS }, () => vault.login(login)))
})
afterAll(async () => {
  vault?.close()
  await server?.stop()
})

let count = 0
beforeEach(() => {
  const shared = KEYSETS[count++]
  if (!shared) throw new Error('there are more tests than keysets')
  path = shared.store.path
  stores = sessions.map((session) => kvStore(shared, session))
})

describe('many hosts', () => {
  test('at the same step: one wins, and the others read what it left', async () => {
    expect(await race(MAKE)).toEqual({ won: 1, lost: HOSTS - 1 })
    const read = await Promise.all(stores.map((store) => store.read()))
    expect(new Set(read.map((stored) => JSON.stringify(stored))).size).toBe(1)
    expect(read[0]).toMatchObject({ revision: 1, record: { document: { versions: [{ number: 1 }] } } })
  })

  test('for a whole life: each step is done once, by whoever is first', async () => {
    const steps: KeysetStep[] = [MAKE, USE, { ...MAKE, version: 2 }, { ...USE, version: 2 }, RETIRE, END]
    for (const step of steps) expect((await race(step)).won).toBe(1)
    const stored = await first().read()
    expect(stored?.revision).toBe(steps.length)
    expect(stored?.record.document.versions.map(({ state }) => state)).toEqual(['retired', 'active'])
    expect(Object.keys(stored?.record.keys ?? {})).toEqual(['2'])
  })
})

describe('writes of bytes that are gone', () => {
  test('are destroyed by whoever looks, as often as they like; what is there stays', async () => {
    for (const step of [
      MAKE,
      USE,
      { ...MAKE, version: 2 } as const,
      { ...USE, version: 2 } as const,
      RETIRE,
      END,
    ])
      await race(step)
    const stored = await first().read()
    expect(stored?.record.sweepBelow).toBe(6)
    expect(await server.admin.read(`kv/data/${path}?version=5`)).not.toBeNull()
    await Promise.all(stores.slice(0, 3).map((store) => store.sweep(stored?.record.sweepBelow ?? 0)))
    for (const version of [1, 2, 3, 4, 5])
      expect(await server.admin.read(`kv/data/${path}?version=${version}`)).toBeNull()
    const { versions } = (await server.admin.read(`kv/metadata/${path}`)) as { versions: object }
    const destroyed = Object.values(versions).map((one: { destroyed: boolean }) => one.destroyed)
    expect(destroyed).toEqual([true, true, true, true, true, false])
    expect(await first().read()).toEqual(stored)
  })
})

describe('a store', () => {
  test('where nothing was written has none, and takes no write that follows something', async () => {
    expect(await first().read()).toBeUndefined()
    expect(await first().write(emptyRecord('tokens'), 3)).toBe('lost')
  })

  test('that somebody deleted is not begun anew: it is refused until it is brought back', async () => {
    await race(MAKE)
    await server.admin.remove(`kv/data/${path}`)
    await expect(first().read()).rejects.toMatchObject({
      code: 'keyset-unfit',
      message: `keyset/tokens: expected its record in field record of kv/${path}, found the newest version 1 deleted`,
      hint: `vault kv undelete -mount=kv -versions=1 ${path}; the files are untouched`,
    })
    expect(await first().write(emptyRecord('tokens'), undefined)).toBe('lost')
    await server.admin.write(`kv/undelete/${path}`, { versions: [1] })
    expect((await first().read())?.revision).toBe(1)
    await server.admin.write(`kv/destroy/${path}`, { versions: [1] })
    await expect(first().read()).rejects.toMatchObject({
      code: 'keyset-unfit',
      message: /version 1 destroyed$/,
    })
  })

  test.each([
    ['another secret', { password: CANARY }],
    ['half a record', { record: `{"keys":"${CANARY}` }],
    ['the record of another keyset', { record: JSON.stringify(emptyRecord('other')) }],
  ])('that holds %s is refused, and no value told', async (_, data) => {
    await server.admin.write(`kv/data/${path}`, { data })
    const error = await first()
      .read()
      .catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'keyset-unfit' })
    expect(String((error as Error).stack)).not.toContain(CANARY)
  })

  test('that its policy does not let it write says which rights are missing', async () => {
    await allow('reading')
    await expect(first().write(emptyRecord('tokens'), undefined)).rejects.toMatchObject({
      code: 'vault-denied',
      hint: `grant in one of them: path "kv/data/${path}" { capabilities = ["create", "update"] }`,
    })
    await allow('all')
  })
})

test('verify and doctor say whether a store can be read', async () => {
  expect(await checked()).toMatchObject({
    ok: true,
    message: 'keyset/tokens is to be begun by the next run: its store holds nothing yet',
  })
  await race(MAKE)
  expect(await checked()).toMatchObject({ ok: true, message: 'keyset/tokens can be read, at version 1' })
  await server.admin.write(`kv/data/${path}`, { data: {} })
  expect(await checked()).toMatchObject({
    ...{ ok: false, fault: 'keyset-unfit' },
    message: `keyset/tokens: expected the record of a keyset in field record of kv/${path}, found something else`,
  })
})

describe('the policy of such a host', () => {
  test('is all that it asks for, and is seen to be', async () => {
    const [session] = sessions
    const rights = await session?.capabilities(PATHS.map(({ path }) => path))
    expect(judgeRights(PATHS, rights)).toMatchObject({ state: 'as-configured' })
  })

  test('lets it find and read every card, its own too, in folders too, and write its own alone', async () => {
    const [session] = sessions
    for (const name of ['a.int.privsec.ch', 'b.int.privsec.ch', 'rack/c.int.privsec.ch'])
      await server.admin.write(`kv/data/fleet/${name}`, { data: { card: name } })
    expect(await session?.list('kv/metadata/fleet')).toEqual([
      'a.int.privsec.ch',
      'b.int.privsec.ch',
      'rack/',
    ])
    expect(await session?.list('kv/metadata/fleet/rack')).toEqual(['c.int.privsec.ch'])
    for (const name of ['a.int.privsec.ch', 'rack/c.int.privsec.ch'])
      expect(await session?.read(`kv/data/fleet/${name}`)).toMatchObject({ data: { card: name } })
    const write = (name: string) =>
      session?.writeSecret({ kvMount: 'kv', path: `fleet/${name}` }, { card: 'x' })
    await write('a.int.privsec.ch')
    await expect(write('b.int.privsec.ch')).rejects.toMatchObject({ code: 'vault-denied' })
    await expect(session?.list('kv/metadata/other')).rejects.toMatchObject({
      code: 'vault-denied',
      hint: 'grant in one of them: path "kv/metadata/other" { capabilities = ["list"] }',
    })
  })
})

const MAKE = { kind: 'make', version: 1, keyKind: 'hmac-256' } as const satisfies KeysetStep
const USE = { kind: 'activate', version: 1, acceptForMs: 0 } as const satisfies KeysetStep
const RETIRE: KeysetStep = { kind: 'retire', version: 1 }
const END: KeysetStep = { kind: 'destroy', version: 1 }

async function checked() {
  const [[session], shared] = [sessions, KEYSETS[count - 1]]
  if (!session || !shared) throw new Error('no host has logged in')
  return (await checkReadable(session, [shared]))[0]
}

/** All have read before the first one writes, and each has made bytes of its own. */
async function race(step: KeysetStep): Promise<Record<'won' | 'lost', number>> {
  const read = await Promise.all(stores.map((store) => store.read()))
  const outcomes = await Promise.all(
    stores.map((store, host) => store.write(after(step, read[host], host), read[host]?.revision)),
  )
  return {
    won: outcomes.filter((one) => one === 'won').length,
    lost: outcomes.filter((one) => one === 'lost').length,
  }
}

function after(
  step: KeysetStep,
  stored: Awaited<ReturnType<KeysetStoreHandle['read']>>,
  host: number,
): KeysetRecord {
  const key = { secret: Buffer.from(`key of host ${host}`).toString('base64') }
  const done = { atMs: step.version, key, write: (stored?.revision ?? 0) + 1 }
  return recordAfter(stored?.record ?? emptyRecord('tokens'), step, done)
}

function first(): KeysetStoreHandle {
  const [store] = stores
  if (!store) throw new Error('no host has logged in')
  return store
}

/** What `keyroller vault apply` gives a host that shares these keysets in a fleet; or only reading, which is too little. */
async function allow(what: 'all' | 'reading'): Promise<void> {
  const rules = formatCapabilities(AGENT.id, PATHS)
  const policy = what === 'all' ? rules : rules.replaceAll('"create", "read", "update"', '"read"')
  await server.admin.write(`sys/policies/acl/${POLICY}`, { policy })
}
