/**
 * Keysets of every kind, shared and not, in every shape on disk, through lives that go well and others that do not: no key of any version is
 * in anything keyroller has printed, told, handed to a program or left, but for the store and the files that are to have it.
 */

import { createPrivateKey } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forEachBounded } from '../../../../src/core/concurrency.ts'
import { isPairKind } from '../../../../src/core/keysets/document.ts'
import { isKeysetRecord } from '../../../../src/core/keysets/record.ts'
import { type Canary, findCanaries, keyCanaries } from '../../../rig/canaries.ts'
import type { Host } from '../../../rig/host.ts'
import type { ConfigTable } from '../../../rig/host-config.ts'
import { KEYSET_PATH, type KeysetFleet, startKeysetFleet } from '../../../rig/keysets/keyset-fleet.ts'
import { appNames } from '../../../rig/pki.ts'
import { type AgedKeyset, age } from './aged-keyset.ts'

const NAME = 'alpha'
const KINDS = { pair: 'ed25519', bulk: 'rsa-2048', data: 'aes-256', mac: 'hmac-256', raw: 'raw' } as const
const LIFE = { rotate_every: '30d', publish_ahead: '7d', longest_lifetime: '1d', accept_for: '5d' }

let fleet: KeysetFleet
let host: Host
/** What was printed, by run. */
const printed = new Map<string, string>()
const canaries: Canary[] = []
beforeAll(async () => {
  fleet = await startKeysetFleet([NAME], () => ({
    ...LIFE,
    kind: 'ed25519',
    files: { jwks: '/nonexistent' },
  }))
  const [first] = fleet.hosts
  if (!first) throw new Error('no host')
  host = first
  for (const name of ['pems', 'evidence']) mkdirSync(at(name), { mode: 0o700 })
  await host.configure(withEverything)
})
afterAll(() => fleet?.stop())

test('1. lives that go well: each step by its time, and by every order', async () => {
  for (const days of [0, 24, 7.5, 6]) {
    for (const keyset of agedKeysets()) if (days > 0) await age(keyset, days)
    expect(await keyroller(`after ${days} days`, 'renew', '--log', 'json')).toBe(0)
  }
  for (const order of [
    ['rotate', 'pair'],
    ['hold', 'raw', '--why', 'case 7'],
    ['unhold', 'raw'],
    ['advance', 'mac'],
  ])
    expect(await keyroller(order.join(' '), 'keyset', ...order), order.join(' ')).toBe(0)
  await keyroller('rotate now', 'keyset', 'rotate', 'tokens', '--now', '--yes', '--json')
  await keyroller('destroy', 'keyset', 'destroy', 'data', '1', '--yes')
})

test('2. lives that do not: a record that is cut short, bytes that are no key, somebody else under a name of ours', async () => {
  const [path, shared] = [join(host.stateDir, 'keysets/pair.json'), await stored()]
  const whole = readFileSync(path, 'utf8')
  for (const torn of [
    whole.slice(0, -40),
    whole.replace('"secret":"', '"secret":"AAAA'),
    JSON.stringify(whole),
  ]) {
    writeFileSync(path, torn, { mode: 0o600 })
    writeFileSync(at('private.json'), '{"keys":[')
    await keyroller(`torn record ${torn.length}`, 'renew', '--now', '--json', 'keyset/pair')
    await keyroller(`shown ${torn.length}`, 'keyset', 'export-public', 'pair')
  }
  writeFileSync(path, whole, { mode: 0o600 })
  for (const torn of [shared.slice(0, -40), shared.replace('"secret":"', '"secret":"AAAA')]) {
    await fleet.admin.write(`kv/data/${KEYSET_PATH}`, { data: { record: torn } })
    expect(await keyroller(`torn in the store ${torn.length}`, 'renew', '--now', 'keyset/tokens')).toBe(7)
  }
  await fleet.admin.write(`kv/data/${KEYSET_PATH}`, { data: { record: shared } })
  writeFileSync(at('private.json'), readFileSync(at('shared.json'), 'utf8').replaceAll('"v', '"v1'))
  await keyroller('another key', 'renew', '--now', '--log', 'json', 'keyset/pair')
})

test('3. and every look at them', async () => {
  const looks = [
    'plan',
    'status',
    'doctor',
    'verify',
    'check',
    'metrics',
    'skew',
    'config check',
    'ledger export',
  ]
  const keysets = ['keyset list', 'keyset list --ics', 'keyset show tokens', 'keyset export-public tokens']
  await forEachBounded([...looks, ...keysets], 3, async (look) => {
    await keyroller(look, ...look.split(' '), ...(look.includes('--ics') ? [] : ['--json']))
  })
})

test('4. no key is in any of it', async () => {
  printed.set('card', await card())
  expect(new Set(canaries.map(({ kind }) => kind))).toEqual(new Set([...Object.keys(KINDS), 'tokens']))
  expect(readFileSync(at('hooks'), 'utf8')).toMatch(/KEYROLLER_PUBLIC_KEY=[A-Za-z0-9+/]{40}/)
  expect(findCanaries(sinks(), canaries)).toEqual([])
})

test('5. and one that is put there is found there', () => {
  const [canary] = canaries
  if (!canary) throw new Error('no canary')
  for (const path of left()) appendFileSync(path, `x${canary.text}`)
  for (const [run, text] of printed) printed.set(run, text + canary.text)
  const found = findCanaries(sinks(), [canary])
  expect(found).toEqual([...sinks().keys()].map((sink) => `${sink}: ${canary.kind}`))
  for (const name of [
    'ledger.jsonl',
    'state.json',
    'status.json',
    'card.json',
    'hooks',
    'messages',
    'keyroller.prom',
  ])
    expect(
      found.some((one) => one.includes(`${name}: `)),
      name,
    ).toBe(true)
})

/** Every kind and every shape, everybody who is told of them, and every place to leave something in. */
function withEverything(config: Record<string, ConfigTable>): void {
  config.kv = { mount: 'kv' }
  config.certificate = {}
  config.fleet = { identity: NAME }
  config.metrics = { textfile: at('keyroller.prom') }
  config.notify = { exec: hook('messages'), max_per_material: 100, max_overall: 100 }
  const told = {
    ...LIFE,
    on_retired: hook('hooks'),
    probe: { exec: hook('hooks') },
    reload: [{ exec: hook('hooks') }],
  }
  const own = (name: keyof typeof KINDS, files: ConfigTable) => ({ ...told, kind: KINDS[name], files })
  const shared = { identity: NAME, path: KEYSET_PATH }
  config.keyset = {
    tokens: {
      ...told,
      kind: 'ec-p256',
      shared,
      files: { private_jwks: at('shared.json'), jwks: at('shared-public.json') },
    },
    pair: own('pair', { ...pairFiles(), variable: { path: at('env'), name: 'KEY' } }),
    bulk: own('bulk', { pem: at('bulk') }),
    data: own('data', { private_jwks: at('data.json') }),
    mac: own('mac', { list: at('list'), variable: { path: at('mac.env'), name: 'MAC' } }),
    raw: own('raw', { slots: [at('slot0'), at('slot1')] }),
  }
}

function pairFiles(): ConfigTable {
  return {
    ...{ jwks: at('jwks.json'), private_jwks: at('private.json'), pem: at('pem'), public_pem: at('public') },
    ...{ pem_dir: at('pems'), public_dir: at('evidence') },
  }
}

/** It leaves all that it was given: arguments, environment, standard input, and who started it with which. */
function hook(name: string): string[] {
  const script = 'tr "\\0" "\\n" < /proc/$PPID/cmdline; tr "\\0" "\\n" < /proc/$PPID/environ; env; cat'
  return ['/bin/sh', '-c', `{ ${script}; } >> ${at(name)}`]
}

/** Runs it, keeps what it printed, and every key that lies in a store afterwards. */
async function keyroller(name: string, ...args: readonly string[]): Promise<number> {
  const { exit, stdout, stderr } = await host.keyroller(args)
  printed.set(`${name}: printed`, stdout + stderr)
  await keepKeys()
  return exit
}

async function keepKeys(): Promise<void> {
  for (const { name, read } of agedKeysets()) {
    const record = await read().catch(() => undefined)
    if (!isKeysetRecord(record)) continue
    for (const { number, kind } of record.document.versions)
      canaries.push(...canariesOf(name, record.keys[number]?.secret, isPairKind(kind)))
  }
}

/** In every form in which a file or a store has it. */
function canariesOf(name: string, secret: string | undefined, isPair: boolean): Canary[] {
  if (secret === undefined || canaries.some(({ text }) => text === secret)) return []
  const bytes = Buffer.from(secret, 'base64')
  const texts = [secret, bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('latin1')]
  const own = texts.map((text) => ({ kind: name, text }))
  if (!isPair) return own
  try {
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
    return [...own, ...keyCanaries(name, key.export({ format: 'pem', type: 'pkcs8' }).toString())]
  } catch {
    return []
  }
}

function agedKeysets(): AgedKeyset[] {
  const own = Object.keys(KINDS).map((name): AgedKeyset => {
    const path = join(host.stateDir, `keysets/${name}.json`)
    return {
      ...{ host, name },
      read: async () => JSON.parse(readFileSync(path, 'utf8')),
      write: async (record) => writeFileSync(path, JSON.stringify(record), { mode: 0o600 }),
    }
  })
  const shared: AgedKeyset = {
    ...{ host, name: 'tokens' },
    read: async () => JSON.parse(await stored()),
    write: (record) =>
      fleet.admin.write(`kv/data/${KEYSET_PATH}`, { data: { record: JSON.stringify(record) } }),
  }
  return [...own, shared]
}

async function stored(): Promise<string> {
  return ((await fleet.admin.read(`kv/data/${KEYSET_PATH}`)) as { data: { record: string } }).data.record
}

function sinks(): Map<string, string> {
  return new Map([
    ...left().map((path): [string, string] => [path, readFileSync(path, 'latin1')]),
    ...printed,
  ])
}

/** Every file of keyroller's own but for the records, and for those that are kept to go back to; and what it handed to others. */
function left(): string[] {
  const { stateDir, runtimeDir } = host
  const own = [stateDir, runtimeDir].flatMap((dir) => globSync(join(dir, '**')))
  const public_ = ['jwks.json', 'shared-public.json', 'public', 'evidence/v1.pem'].map(at)
  return [...own, ...public_, at('keyroller.prom'), at('messages'), at('hooks')]
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .filter((path) => !path.startsWith(join(stateDir, 'keysets')))
    .sort()
}

/** As it lies in the store, and what its parts say. */
async function card(): Promise<string> {
  const found = await fleet.admin.read(`kv/data/keyroller/fleet/${appNames(NAME).commonName}`)
  const { card: jws } = (found?.data ?? { card: 'none' }) as { readonly card: string }
  const parts = jws.split('.').slice(0, 2)
  expect(parts).toHaveLength(2)
  return [jws, ...parts.map((part) => Buffer.from(part, 'base64url').toString())].join('\n')
}

function at(name: string): string {
  return join(host.dir, name)
}
