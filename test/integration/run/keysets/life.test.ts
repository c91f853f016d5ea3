/** Keysets of one host through their lives, by the day: the files of every role follow, and nothing of others is touched. */
import { createPublicKey } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LoneHost, loneHost } from '../../../rig/keysets/lone-host.ts'

const LIFE = { rotate_every: '30d', publish_ahead: '7d', longest_lifetime: '1d', accept_for: '5d' }
const FOREIGN = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'partner',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

let host: LoneHost
beforeAll(() => {
  host = loneHost()
  for (const name of ['pems', 'evidence']) mkdirSync(host.at(name), { mode: 0o700 })
  for (const name of ['pems/README', 'pems/v9.pem', 'evidence/v9.pem'])
    writeFileSync(host.at(name), 'not ours')
  writeFileSync(host.at('jwks.json'), JSON.stringify({ keys: [FOREIGN] }))
  writeFileSync(host.at('env'), 'OTHER=1\n')
  host.configure(keysets())
})
afterAll(() => host?.remove())

test('1. the first versions are made and in use at once', async () => {
  await passes(0, { pair: 'active', data: 'active', mac: 'active', raw: 'active' })
  expect(pems()).toEqual(['README', 'active', 'v1.pem', 'v9.pem'])
  expect(inUse()).toEqual({ marker: 'v1', private: 'v1', variable: 'v1', pem: 'v1' })
  expect(told('pair')).toBe(1)
})

test('2. a day on which nothing is due changes no byte and tells nobody', async () => {
  const before = everything()
  await passes(10, { pair: 'active', raw: 'active' })
  expect(everything()).toEqual(before)
  expect(told('pair')).toBe(1)
})

test('3. the next version is known before it is in use', async () => {
  await passes(24, { pair: 'active next', data: 'active next', mac: 'active next', raw: 'active next' })
  expect(jwksKids()).toEqual(['partner', 'v1', 'v2'])
  expect(inUse()).toEqual({ marker: 'v1', private: 'v1', variable: 'v1', pem: 'v1' })
  expect(readFileSync(host.at('list'), 'utf8').trim().split('\n')).toEqual(secrets('mac', 1, 2))
  expect(slots()).toEqual(secrets('raw', 1, 2, 2))
})

test('4. it takes over, and the one before is accepted still', async () => {
  await passes(31, {
    pair: 'retiring active',
    data: 'retiring active',
    mac: 'retiring active',
    raw: 'retiring active',
  })
  expect(inUse()).toEqual({ marker: 'v2', private: 'v2', variable: 'v2', pem: 'v2' })
  expect(pems()).toEqual(['README', 'active', 'v1.pem', 'v2.pem', 'v9.pem'])
  expect(readdirSync(host.at('evidence')).toSorted()).toEqual(['v1.pem', 'v2.pem', 'v9.pem'])
  expect(slots()).toEqual(secrets('raw', 2, 1, 1))
})

test('5. at its end a pair leaves its public key, what encrypts stays in the store, what proves goes; a clock set back undoes none of it', async () => {
  const v1 = host.record('pair').keys[1]
  await passes(37, {
    pair: 'archived active',
    data: 'archived active',
    mac: 'destroyed active',
    raw: 'retiring active',
  })
  expect(pems()).toEqual(['README', 'active', 'v2.pem', 'v9.pem'])
  expect(readFileSync(host.at('pems/v9.pem'), 'utf8')).toBe('not ours')
  expect(readdirSync(host.at('evidence')).toSorted()).toEqual(['v1.pem', 'v2.pem', 'v9.pem'])
  expect(host.record('pair').keys[1]).toEqual({ public: v1?.public })
  expect([host.record('data').keys[1]?.secret, host.record('mac').keys[1]]).toEqual([
    expect.any(String),
    undefined,
  ])
  expect(jwksKids()).toEqual(['partner', 'v2'])
  const before = everything()
  await passes(3, {
    pair: 'archived active',
    data: 'archived active',
    mac: 'destroyed active',
    raw: 'retiring active',
  })
  expect(everything()).toEqual(before)
})

test('6. under legal hold raw bytes stay accepted, however late it is', async () => {
  await passes(50, { raw: 'retiring active' })
  expect(slots()).toEqual(secrets('raw', 2, 1, 1))
})

test('7. what somebody changed, cut short or removed is made again', async () => {
  const before = everything()
  writeFileSync(host.at('pems/v2.pem'), '')
  writeFileSync(host.at('pem'), readFileSync(host.at('pem')).subarray(0, 30))
  writeFileSync(host.at('slot0'), 'x')
  rmSync(host.at('evidence/v1.pem'))
  rmSync(host.at('private.json'))
  await passes(50, { pair: 'archived active' })
  expect(everything()).toEqual(before)
})

test('8. a state that was lost costs nothing', async () => {
  const before = everything()
  rmSync(host.at('state/state.json'))
  await passes(50, { pair: 'archived active', raw: 'retiring active' })
  expect(everything()).toEqual(before)
  expect(pems()).toEqual(['README', 'active', 'v2.pem', 'v9.pem'])
})

test('9. a record that was lost, cut short or set back is refused, and nothing is begun over it', async () => {
  const path = host.recordPath('pair')
  const [record, before] = [readFileSync(path, 'utf8'), everything()]
  const older = JSON.stringify({
    ...JSON.parse(record),
    document: { ...host.record('pair').document, versions: [] },
    keys: {},
  })
  for (const text of [undefined, record.slice(0, 200), older]) {
    if (text === undefined) rmSync(path)
    else writeFileSync(path, text)
    const { exit, stdout } = await host.onDay(55, ['renew', '--now', 'keyset/pair'])
    expect([exit, stdout]).toEqual([7, expect.stringContaining('keyset-unfit')])
    expect(everything()).toEqual(before)
  }
  writeFileSync(path, record, { mode: 0o600 })
  await passes(56, { pair: 'archived active next' })
})

test('10. a record that was lost together with all memory of it is not begun anew over keys that lie there', async () => {
  const [record, before] = [readFileSync(host.recordPath('pair'), 'utf8'), everything()]
  rmSync(host.at('state/state.json'))
  rmSync(host.recordPath('pair'))
  expect((await host.onDay(57, ['renew', 'keyset/pair'])).exit).toBe(7)
  expect(everything()).toEqual(before)
  writeFileSync(host.recordPath('pair'), record, { mode: 0o600 })
  await passes(58, { pair: 'archived active next' })
})

function keysets() {
  const count = host.program('told', `echo told >> "${host.dir}/told-$1"`)
  return {
    pair: {
      ...{ ...LIFE, kind: 'ed25519', reload: [{ exec: [count, 'pair'] }] },
      files: {
        jwks: host.at('jwks.json'),
        private_jwks: host.at('private.json'),
        pem: host.at('pem'),
        public_pem: host.at('public'),
        pem_dir: host.at('pems'),
        public_dir: host.at('evidence'),
        variable: { path: host.at('env'), name: 'KEY', encoding: 'base64' },
      },
    },
    data: { ...LIFE, kind: 'aes-256', files: { private_jwks: host.at('data.json') } },
    mac: { ...LIFE, kind: 'hmac-256', files: { list: host.at('list') } },
    raw: {
      ...{ ...LIFE, kind: 'raw', bytes: 80, legal_hold: 'case 7' },
      files: { slots: [0, 1, 2].map((slot) => host.at(`slot${slot}`)) },
    },
  }
}

async function passes(day: number, lives: Readonly<Record<string, string>>): Promise<void> {
  const { exit, stdout, stderr } = await host.onDay(day, ['renew'])
  expect(exit, stdout + stderr).toBe(0)
  expect(Object.fromEntries(Object.keys(lives).map((name) => [name, host.life(name)]))).toEqual(lives)
}

/** What each file says is in use: by its name, or by the key in it. */
function inUse() {
  const text = (name: string) => readFileSync(host.at(name), 'utf8')
  const { keys } = host.record('pair')
  const versionOf = (key: 'secret' | 'public', value: string) =>
    `v${Object.keys(keys).find((number) => keys[number]?.[key] === value)}`
  const publicDer = createPublicKey(text('pem')).export({ type: 'spki', format: 'der' }).toString('base64')
  return {
    marker: text('pems/active').trim(),
    private: JSON.parse(text('private.json')).active,
    variable: versionOf('secret', /^OTHER=1\nKEY="?([^"\n]+)"?$/m.exec(text('env'))?.[1] ?? ''),
    pem: versionOf('public', publicDer),
  }
}

function pems(): string[] {
  return readdirSync(host.at('pems')).toSorted()
}

function jwksKids(): string[] {
  return JSON.parse(readFileSync(host.at('jwks.json'), 'utf8')).keys.map(({ kid }: { kid: string }) => kid)
}

function slots(): string[] {
  return [0, 1, 2].map((slot) => readFileSync(host.at(`slot${slot}`)).toString('base64'))
}

function secrets(keyset: string, ...versions: readonly number[]): (string | undefined)[] {
  const { keys } = host.record(keyset)
  return versions.map((version) => keys[version]?.secret)
}

/** Every file that a keyset has, or that lies beside one. */
function everything(): Record<string, string> {
  const files = [
    ...PLAIN,
    ...['pems', 'evidence'].flatMap((dir) => readdirSync(host.at(dir)).map((name) => `${dir}/${name}`)),
  ]
  return Object.fromEntries(files.toSorted().map((name) => [name, readFileSync(host.at(name), 'base64')]))
}

const PLAIN = [
  'jwks.json',
  'private.json',
  'pem',
  'public',
  'env',
  'data.json',
  'list',
  'slot0',
  'slot1',
  'slot2',
]

function told(name: string): number {
  return readFileSync(host.at(`told-${name}`), 'utf8').split('\n').length - 1
}
