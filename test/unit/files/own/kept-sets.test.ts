import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeptSet } from '../../../../src/core/kept-set.ts'
import {
  type KeptContent,
  listKeptSets,
  readKeptSet,
  removeKeptSets,
  saveKeptSets,
  sweepKeptSets,
} from '../../../../src/files/own/kept-sets.ts'
import { stagedName } from '../../../../src/files/stage-file.ts'
import { kept, keptUnread } from '../../core/kept-builders.ts'

const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
const CONTENT: KeptContent = {
  byKeyroller: true,
  files: [
    {
      role: 'key',
      path: '/srv/web/key.pem',
      mode: 0o600,
      uid: 1,
      gid: 2,
      content: Buffer.from([0, 255, 10]),
    },
    {
      role: 'cert',
      format: 'der',
      path: '/srv/c.der',
      mode: 0o644,
      uid: 1,
      gid: 2,
      content: Buffer.from('c'),
    },
  ],
}

let state: string
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'keyroller-kept-'))
})
afterEach(() => rm(state, { recursive: true }))

test('where nothing was ever kept nothing is found, swept or made', () => {
  expect(listKeptSets(state)).toEqual([])
  sweepKeptSets(state)
  expect(readdirSync(state)).toEqual([])
})

test('what is kept is found by its name and read back byte for byte, and is private', async () => {
  const sets = [kept(), keptUnread()]
  expect(await saveAll(sets)).toEqual([])
  expect(listKeptSets(state).toSorted(byName)).toEqual(sets.toSorted(byName))
  for (const set of sets) expect(readKeptSet(state, set)).toEqual(CONTENT)
  expect(statSync(previous()).mode & 0o7777).toBe(0o700)
  for (const { fileName } of sets) expect(statSync(previous(fileName)).mode & 0o7777).toBe(0o600)
})

test('what stands there under another name is no kept set', () => {
  mkdirSync(previous())
  for (const name of ['README', `${kept().fileName}.new`, '.x.json']) writeFileSync(previous(name), '')
  expect(listKeptSets(state)).toEqual([])
})

test('a directory that others may write to is refused: nothing is kept there', async () => {
  mkdirSync(previous(), { mode: 0o700 })
  await import('node:fs').then(({ chmodSync }) => chmodSync(previous(), 0o770))
  await expect(saveAll([kept()])).rejects.toMatchObject({ code: 'state-failed' })
  expect(readdirSync(previous())).toEqual([])
})

test('one that cannot be saved fails alone, and is named', async () => {
  const [a, b] = [kept(), kept({ serial: '4b' })]
  mkdirSync(previous(a.fileName), { recursive: true, mode: 0o700 })
  expect(await saveAll([a, b])).toEqual([[a.fileName, expect.stringContaining(previous(a.fileName))]])
  expect(readKeptSet(state, b)).toEqual(CONTENT)
  expect(readdirSync(previous()).filter((name) => name.includes('.staged'))).toEqual([])
})

describe('damage is found', () => {
  const change = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to)

  test.each<[string, (text: string) => string, string]>([
    [
      'cut off',
      (text) => text.slice(0, -10),
      'expected what was kept of certificate/web, found something else',
    ],
    ['empty', () => '', 'expected what was kept of certificate/web, found something else'],
    ['of a later schema', change('"schema":1', '"schema":2'), 'expected what was kept of certificate/web'],
    ['of another material', change('certificate/web', 'certificate/api'), 'expected what was kept of'],
    ['of another moment', change(/"keptAtMs":\d+/, '"keptAtMs":1'), 'expected what was kept of'],
    ['another role', change('"role":"key"', '"role":"none"'), 'expected what was kept of'],
    [
      'other bytes',
      change('"content":"AP8K"', '"content":"AP8L"'),
      'expected the bytes of /srv/web/key.pem as they were kept, found others',
    ],
  ])('%s', async (_, spoil, message) => {
    await saveAll([kept()])
    const path = previous(kept().fileName)
    writeFileSync(path, spoil(readFileSync(path, 'utf8')))
    expect(() => readKeptSet(state, kept())).toThrow(
      expect.objectContaining({
        code: 'kept-unfit',
        message: expect.stringContaining(`${path}: ${message}`),
      }),
    )
  })

  test('gone', () => {
    expect(() => readKeptSet(state, kept())).toThrow(expect.objectContaining({ code: 'kept-missing' }))
  })
})

test.each([true, false])(
  'what is removed is gone, may be gone already, and says what it could not (shred %s)',
  async (shred) => {
    const [a, b] = [kept(), kept({ serial: '4b' })]
    await saveAll([a, b])
    const stuck = kept({ serial: '4c' })
    mkdirSync(previous(stuck.fileName))
    const faults = removeKeptSets(state, [a, kept({ serial: 'ff' }), stuck], { shred })
    expect([...faults.keys()]).toEqual([previous(stuck.fileName)])
    expect(faults.get(previous(stuck.fileName))).toMatchObject({ code: 'state-failed' })
    expect(readdirSync(previous()).toSorted()).toEqual([b.fileName, stuck.fileName].toSorted())
  },
)

test('what killed runs left half written is swept, and nothing else', async () => {
  await saveAll([kept()])
  for (const name of [stagedName(), stagedName(), '.keyroller-notes'])
    writeFileSync(previous(name), 'half a key')
  sweepKeptSets(state)
  expect(readdirSync(previous()).toSorted()).toEqual(['.keyroller-notes', kept().fileName])
})

async function saveAll(sets: readonly KeptSet[]): Promise<(readonly [string, string])[]> {
  const faults = await saveKeptSets(state, self, new Map(sets.map((set) => [set, CONTENT])))
  return [...faults].map(([name, { message }]) => [name, message] as const)
}

function previous(name = ''): string {
  return join(state, 'previous', name)
}

function byName(a: KeptSet, b: KeptSet): number {
  return a.fileName < b.fileName ? -1 : 1
}
