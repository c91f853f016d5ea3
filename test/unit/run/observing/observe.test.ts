import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FileFacts, PairFacts } from '../../../../src/core/facts.ts'
import type { FileRole } from '../../../../src/core/file-spec.ts'
import { EMPTY_MEMORY } from '../../../../src/core/memory.ts'
import { observe, readLeaf, readParts } from '../../../../src/run/observing/observe.ts'
import { makeAuthority, type Pair } from '../../../rig/openssl-authority.ts'
import { makePairs, type Pairs, type PlantedHost, plantHost } from '../planted-host.ts'
import type { SmallHost } from '../small-host.ts'

let pairs: Pairs
let pair: Pair
beforeAll(async () => {
  pairs = await makePairs()
  pair = pairs.pair
})

let planted: PlantedHost
let root: string
let small: SmallHost
let keyPath: string
let fullchainPath: string
beforeEach(async () => {
  planted = await plantHost(pairs)
  ;({ root, small, keyPath, fullchainPath } = planted)
})
afterEach(() => planted.remove())

test('a set that is as it should be', () => {
  const facts = factsOf()
  expect(facts).toMatchObject({
    key: { state: 'read' },
    leaf: {
      state: 'read',
      certificate: { commonName: 'app.example', issuerName: 'stub CA', keyType: 'ec-p256' },
    },
    keyMatches: true,
    chain: { state: 'trusted' },
  })
  expect(facts.files.map(describeFile)).toEqual([
    'key: present 0600 current',
    'fullchain: present 0644 current',
  ])
})

test('every material has facts, and the memory goes along', () => {
  const observation = planted.observeAll()
  expect([...observation.materials.keys()]).toEqual(['identity/app', 'certificate/app'])
  expect(observation.memory).toBe(EMPTY_MEMORY)
  expect(observation.materials.get('identity/app')).toMatchObject({
    key: { state: 'missing' },
    leaf: { state: 'missing' },
    chain: { state: 'unknown' },
  })
})

describe('the key file', () => {
  test.each<[string, () => unknown, string, PairFacts['key']['state']]>([
    ['is missing', () => unlinkSync(keyPath), 'missing', 'missing'],
    ['is a link', () => swap(() => symlinkSync(fullchainPath, keyPath)), 'refused', 'unreadable'],
    ['is a directory', () => swap(() => mkdirSync(keyPath)), 'refused', 'unreadable'],
    ['is a FIFO', () => swap(() => execFileSync('mkfifo', [keyPath])), 'refused', 'unreadable'],
    ['is too large', () => writeFileSync(keyPath, Buffer.alloc(300_000)), 'refused', 'unreadable'],
    ['is empty', () => writeFileSync(keyPath, ''), 'present 0600 unknown', 'malformed'],
    ['is a certificate', () => writeFileSync(keyPath, pair.certPem), 'present 0600 unknown', 'malformed'],
    [
      'is two keys',
      () => writeFileSync(keyPath, pair.keyPem + pair.keyPem),
      'present 0600 unknown',
      'malformed',
    ],
    [
      'is cut off',
      () => writeFileSync(keyPath, pair.keyPem.slice(0, 100)),
      'present 0600 unknown',
      'malformed',
    ],
  ])('%s', (_, spoil, file, key) => {
    spoil()
    const facts = factsOf()
    expect(facts.files.map(describeFile)[0]).toBe(`key: ${file}`)
    expect(facts.key.state).toBe(key)
    expect(facts.leaf.state).toBe('read')
    expect(facts.keyMatches).toBeUndefined()
  })

  test('has other rights: a fact, and no reason to distrust the set', () => {
    chmodSync(keyPath, 0o644)
    const facts = factsOf()
    expect(facts.files.map(describeFile)[0]).toBe('key: present 0644 current')
    expect(facts.keyMatches).toBe(true)
  })

  test('is SEC1 behind its curve, as openssl leaves it: readable, and stale until it is PKCS#8', () => {
    const sec1 = createPrivateKey(pair.keyPem).export({ type: 'sec1', format: 'pem' }).toString()
    const curve = execFileSync('openssl', ['ecparam', '-name', 'prime256v1']).toString()
    writeFileSync(keyPath, curve + sec1)
    const facts = factsOf()
    expect(facts.files.map(describeFile)[0]).toBe('key: present 0600 stale')
    expect(facts).toMatchObject({ key: { state: 'read' }, keyMatches: true })
  })

  test('belongs to another certificate', () => {
    writeFileSync(keyPath, pairs.other.keyPem)
    expect(factsOf()).toMatchObject({ keyMatches: false, chain: { state: 'trusted' } })
  })
})

describe('the certificate file', () => {
  test('holds what another tool wrote: stale, with the same leaf', () => {
    writeFileSync(fullchainPath, pair.certPem.replaceAll('\n', '\r\n'))
    const facts = factsOf()
    expect(facts.files.map(describeFile)[1]).toBe('fullchain: present 0644 stale')
    expect(facts).toMatchObject({ keyMatches: true, chain: { state: 'trusted' } })
  })

  test('is of an issuer that is not trusted', async () => {
    const stranger = await makeAuthority()
    writeFileSync(join(root, 'ca.pem'), stranger.caPem)
    await stranger.remove()
    expect(factsOf().chain).toMatchObject({ state: 'untrusted' })
  })

  test('cannot be judged without anchors, but key and leaf are still read', () => {
    unlinkSync(join(root, 'ca.pem'))
    expect(factsOf()).toMatchObject({
      key: { state: 'read' },
      leaf: { state: 'read' },
      chain: { state: 'no-anchors', fault: { code: 'config-missing' } },
    })
  })
})

test('a directory that became a link: every file in it is refused, nothing behind it decides', () => {
  renameSync(join(root, 'app'), join(root, 'moved'))
  symlinkSync(join(root, 'moved'), join(root, 'app'))
  const facts = factsOf()
  expect(facts.files.map(describeFile)).toEqual(['key: refused', 'fullchain: refused'])
  expect([facts.key.state, facts.leaf.state]).toEqual(['unreadable', 'unreadable'])
})

test('a directory that is missing: every file in it is', () => {
  rmSync(join(root, 'app'), { recursive: true })
  expect(factsOf().files.map(describeFile)).toEqual(['key: missing', 'fullchain: missing'])
})

test('an owner that does not exist is a fact of its files', () => {
  const files = small.certificate.files.map((spec) => ({
    ...spec,
    owner: { kind: 'name', name: 'nosuchuser' } as const,
  }))
  const config = { ...small.config, materials: [small.identity, { ...small.certificate, files }] }
  const facts = observe({ ...small, config, memory: EMPTY_MEMORY, nowMs: Date.now() }).materials.get(
    'certificate/app',
  )
  expect(facts?.files.map(({ wanted }) => wanted)).toEqual(
    Array(2).fill({ state: 'unknown', why: 'no account nosuchuser' }),
  )
})

test('looking changes nothing and leaves no descriptor open', () => {
  utimesSync(keyPath, 1, 1)
  const before = [describeTree(), readdirSync('/proc/self/fd').length]
  planted.observeAll()
  expect([describeTree(), readdirSync('/proc/self/fd').length]).toEqual(before)
})

test('the parts are there for whoever must use the key, and only there', () => {
  expect(readParts(small.certificate, small.host, Date.now())).toMatchObject({ keyPem: pair.keyPem })
  expect(readLeaf(small.certificate, small.host, Date.now())?.commonName).toBe('app.example')
  unlinkSync(keyPath)
  expect(readParts(small.certificate, small.host, Date.now())).toBeUndefined()
})

function factsOf(): PairFacts {
  const facts = planted.observeAll().materials.get('certificate/app')
  if (facts?.kind !== 'pair') throw new Error('no facts')
  return facts
}

function describeFile(file: FileFacts): string {
  const role: FileRole = file.spec.role
  if (file.state !== 'present') return `${role}: ${file.state}`
  return `${role}: present ${file.mode.toString(8).padStart(4, '0')} ${file.content}`
}

function swap(plant: () => unknown): void {
  unlinkSync(keyPath)
  plant()
}

function describeTree(): string {
  return execFileSync('find', [root, '-printf', '%p %s %m %T@ %C@\n']).toString()
}
