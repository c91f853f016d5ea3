import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MaterialFacts } from '../../../../src/core/facts.ts'
import { EMPTY_MEMORY, type RunMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { EMPTY_HISTORY } from '../../../../src/core/status/history.ts'
import { openMemory } from '../../../../src/run/recording/memory-store.ts'
import { statuses, statusJson } from '../../../../src/run/statuses.ts'
import { CONSUMER, smallHost } from '../small-host.ts'

const FULL: RunMemory = {
  schema: 1,
  materials: {
    'identity/app': {
      issued: { serial: '1a', fingerprint: 'f1', notAfterMs: 1_900_000_000_000, atMs: 1_800_000_000_000 },
    },
    'certificate/app': {
      failure: {
        code: 'vault-sealed',
        message: 'sealed',
        hint: 'unseal',
        count: 2,
        atMs: 1_800_000_000_000,
        retryAtMs: 1_800_000_060_000,
      },
      served: { fingerprint: 'f0', outcome: 'old-certificate', message: 'old', atMs: 1_800_000_000_000 },
    },
  },
  owed: [
    {
      target: CONSUMER.text,
      materials: ['certificate/app'],
      sinceMs: 1_800_000_000_000,
      attempts: 1,
      members: ['unit:a'],
      message: 'no answer',
    },
  ],
  server: { version: '1.21.1', atMs: 1_800_000_000_000 },
}

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-memory-'))
  mkdirSync(join(root, 'state'))
})
afterEach(() => rm(root, { recursive: true }))

test('without a file the memory is empty, and that is no damage', () => {
  const memory = openMemory(join(root, 'state'))
  expect(memory.current()).toEqual(EMPTY_MEMORY)
  expect(memory.rebuilt).toBeUndefined()
})

test('what is saved is there for the next run, in a private file', async () => {
  await openMemory(join(root, 'state')).update(() => FULL)
  const memory = openMemory(join(root, 'state'))
  expect(memory.current()).toEqual(FULL)
  expect(memory.rebuilt).toBeUndefined()
  expect(statSync(statePath()).mode & 0o7777).toBe(0o600)
})

test('a change that changes nothing writes nothing', async () => {
  await openMemory(join(root, 'state')).update(() => FULL)
  const { ino } = statSync(statePath())
  await openMemory(join(root, 'state')).update((memory) => ({ ...memory }))
  expect(statSync(statePath()).ino).toBe(ino)
})

test('changes asked for at the same time follow each other', async () => {
  const memory = openMemory(join(root, 'state'))
  const names = Array.from({ length: 20 }, (_, index) => `certificate/${index}` as const)
  await Promise.all(names.map((name) => memory.update((before) => withMaterial(before, name))))
  expect(Object.keys(openMemory(join(root, 'state')).current().materials)).toEqual(names)
})

test('persist, then believe: a save that fails changes nothing, and the next one goes on', async () => {
  const memory = openMemory(join(root, 'state'))
  rmSync(join(root, 'state'), { recursive: true })
  const [lost, kept] = [
    memory.update(() => FULL),
    memory.update((before) => withMaterial(before, 'identity/b')),
  ]
  await expect(lost).rejects.toMatchObject({ code: 'state-failed' })
  await expect(kept).rejects.toMatchObject({ code: 'state-failed' })
  expect(memory.current()).toEqual(EMPTY_MEMORY)
  mkdirSync(join(root, 'state'))
  await memory.update(() => FULL)
  expect(openMemory(join(root, 'state')).current()).toEqual(FULL)
})

test('cut off after any byte, it is begun anew, and said', { timeout: 60_000 }, () => {
  const text = JSON.stringify(FULL)
  const found = Array.from(text, (_, length) => {
    writeFileSync(statePath(), text.slice(0, length))
    const { current, rebuilt } = openMemory(join(root, 'state'))
    return current() === EMPTY_MEMORY ? rebuilt : `believed after ${length} bytes`
  })
  expect(new Set(found)).toEqual(new Set([`${statePath()}: expected a memory of schema 1, found no JSON`]))
})

const [OWED] = FULL.owed
const FOREIGN: [string, unknown, string][] = [
  ['a newer schema', { ...FULL, schema: 2 }, 'schema 2'],
  ['no schema', {}, 'schema none'],
  ['null', null, 'schema none'],
  ['a list', [FULL], 'schema none'],
  ['text', 'text', 'schema none'],
  ['no materials', { ...FULL, materials: null }, 'one with damaged parts'],
  ['materials as a list', { ...FULL, materials: [] }, 'one with damaged parts'],
  ['a material without fields', { ...FULL, materials: { 'identity/app': null } }, 'one with damaged parts'],
  ['owed nothing', { ...FULL, owed: [null] }, 'one with damaged parts'],
  ['owed since never', { ...FULL, owed: [{ ...OWED, sinceMs: undefined }] }, 'one with damaged parts'],
  ['owed since beyond all dates', { ...FULL, owed: [{ ...OWED, sinceMs: 9e15 }] }, 'one with damaged parts'],
  ['an unknown fault', withFailure('no-such-code'), 'one with damaged parts'],
  ['a server as text', { ...FULL, server: 'vault' }, 'one with damaged parts'],
]

test.each(FOREIGN)('%s: begun anew', (_, value, found) => {
  writeFileSync(statePath(), JSON.stringify(value))
  const memory = openMemory(join(root, 'state'))
  expect(memory.current()).toEqual(EMPTY_MEMORY)
  expect(memory.rebuilt).toBe(`${statePath()}: expected a memory of schema 1, found ${found}`)
})

test('whatever byte of it is damaged, plan and status still stand', { timeout: 60_000 }, () => {
  const { config } = smallHost(root)
  const nothing = { state: 'missing' } as const
  const facts: MaterialFacts = {
    kind: 'pair',
    files: [],
    key: nothing,
    leaf: nothing,
    chain: { state: 'unknown' },
  }
  const materials = new Map(config.materials.map(({ id }) => [id, facts]))
  const nowMs = 1_800_000_030_000
  let accepted = 0
  for (const text of damages(JSON.stringify(FULL))) {
    writeFileSync(statePath(), text)
    const { rebuilt, current } = openMemory(config.stateDir)
    if (rebuilt !== undefined) continue
    accepted += 1
    const observation = { hostId: 'host', materials, memory: current(), kept: [] }
    const plan = makePlan(config, observation, nowMs, { force: false })
    const seen = { plan, observation, memory: current(), nowMs, interrupted: false }
    statusJson(statuses(config, seen), seen, EMPTY_HISTORY)
  }
  expect(accepted).toBeGreaterThan(100)
})

test('damaged memory stays on disk until there is something to save', async () => {
  writeFileSync(statePath(), 'damaged')
  const memory = openMemory(join(root, 'state'))
  expect(readFileSync(statePath(), 'utf8')).toBe('damaged')
  await memory.update(() => FULL)
  expect(openMemory(join(root, 'state')).rebuilt).toBeUndefined()
  expect(readdirSync(join(root, 'state'))).toEqual(['state.json'])
})

/** The text with each byte in turn replaced: by its neighbour, or by a digit, which JSON takes in most places. */
function* damages(text: string): Generator<string> {
  const bytes = Buffer.from(text)
  for (const place of bytes.keys()) {
    for (const byte of [bytes.readUInt8(place) ^ 1, 0x39]) {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8(byte, place)
      yield damaged.toString()
    }
  }
}

function withFailure(code: string): unknown {
  const { failure } = FULL.materials['certificate/app'] ?? {}
  return { ...FULL, materials: { 'certificate/app': { failure: { ...failure, code } } } }
}

function withMaterial(memory: RunMemory, id: `${'identity' | 'certificate'}/${string}`): RunMemory {
  return { ...memory, materials: { ...memory.materials, [id]: {} } }
}

function statePath(): string {
  return join(root, 'state/state.json')
}
