import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MaterialId } from '../../../../src/core/material.ts'
import type { OwedReload } from '../../../../src/core/memory.ts'
import {
  enterJournal,
  type FilesSet,
  type GenerationSet,
  JOURNAL_SCHEMA,
  neededNames,
  readJournal,
  settleJournal,
} from '../../../../src/files/switching/journal.ts'

let stateDir: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'keyroller-journal-'))
})
afterEach(() => rm(stateDir, { recursive: true }))

const A = setOf('certificate/a', '1')
const B = setOf('identity/b', '2')

test('without a file there is no journal', () => {
  expect(readJournal(stateDir)).toBeUndefined()
})

test('what was entered is read back, from a private file', async () => {
  const issued = { serial: '1a', fingerprint: 'f', notAfterMs: 2, atMs: 1 }
  await enterJournal(stateDir, [{ ...A, issued }, B], [owed('certificate/a')])
  expect(readJournal(stateDir)).toEqual({
    schema: JOURNAL_SCHEMA,
    sets: [{ ...A, issued }, B],
    owed: [owed('certificate/a')],
  })
  expect(statSync(journalPath()).mode & 0o7777).toBe(0o600)
})

test('it goes with the last set, and settling may be repeated', async () => {
  await enterJournal(stateDir, [A, B], [])
  await settleJournal(stateDir, new Set(['certificate/a']))
  expect(readJournal(stateDir)).toMatchObject({ sets: [B] })
  await settleJournal(stateDir, new Set(['certificate/a', 'identity/b']))
  await settleJournal(stateDir, new Set(['certificate/a', 'identity/b']))
  expect(readdirSync(stateDir)).toEqual([])
})

test('what an earlier switch left open stays beside a new one, with what it owes', async () => {
  await enterJournal(stateDir, [A], [owed('certificate/a')])
  await enterJournal(stateDir, [B], [owed('identity/b')])
  expect(readJournal(stateDir)).toMatchObject({
    sets: [A, B],
    owed: [owed('certificate/a'), owed('identity/b')],
  })
  await settleJournal(stateDir, new Set(['identity/b']))
  expect(readJournal(stateDir)).toMatchObject({ sets: [A], owed: [owed('certificate/a')] })
})

test('a target owed for several materials is owed until the last of them is settled', async () => {
  await enterJournal(stateDir, [A, B], [owed('certificate/a', 'identity/b')])
  await settleJournal(stateDir, new Set(['identity/b']))
  expect(readJournal(stateDir)).toMatchObject({ owed: [owed('certificate/a', 'identity/b')] })
})

test('a material switched anew replaces what was open of it', async () => {
  await enterJournal(stateDir, [A, B], [owed('certificate/a')])
  const later = setOf('certificate/a', '3')
  await enterJournal(stateDir, [later], [])
  expect(readJournal(stateDir)).toEqual({ schema: JOURNAL_SCHEMA, sets: [B, later], owed: [] })
})

test('settling what is not in it writes nothing', async () => {
  await enterJournal(stateDir, [A], [])
  const { ino } = statSync(journalPath())
  await settleJournal(stateDir, new Set(['identity/b']))
  expect(statSync(journalPath()).ino).toBe(ino)
})

test('cut off after any byte, it is unreadable, stays, and holds back every sweep', async () => {
  await enterJournal(stateDir, [A, B], [owed('certificate/a')])
  const text = readFileSync(journalPath(), 'utf8')
  const readable = Array.from(text).flatMap((_, length) => {
    writeFileSync(journalPath(), text.slice(0, length))
    return readJournal(stateDir) === 'unreadable' ? [] : [length]
  })
  expect(readable).toEqual([])
  await settleJournal(stateDir, new Set(['certificate/a']))
  expect(readJournal(stateDir)).toBe('unreadable')
  expect(neededNames(stateDir)('.keyroller-0000000000000000.staged')).toBe(true)
})

test('a new switch replaces a journal that cannot be read', async () => {
  writeFileSync(journalPath(), 'damaged')
  await enterJournal(stateDir, [A], [])
  expect(readJournal(stateDir)).toMatchObject({ sets: [A] })
})

const GOOD = { schema: JOURNAL_SCHEMA, sets: [A], owed: [owed('certificate/a')] }
const [FILE] = A.files
const GENERATION: GenerationSet = {
  material: 'certificate/c',
  layout: 'generation',
  directory: '/home/app',
  generation: '.keyroller-certificate-c.1111111111111111',
  adopted: '.keyroller-certificate-c.2222222222222222',
  previous: '.keyroller-certificate-c.3333333333333333',
  replaces: true,
  former: ['.keyroller-certificate-old'],
  files: [{ name: 'key.pem', sha256: '4'.repeat(64) }],
}
const FOREIGN: [string, unknown][] = [
  ['another schema', { ...GOOD, schema: 3 }],
  ['null', null],
  ['a list', []],
  ['no sets', { ...GOOD, sets: undefined }],
  ['no owed', { ...GOOD, owed: undefined }],
  ['owed nothing', { ...GOOD, owed: [null] }],
  ['a set of nothing', { ...GOOD, sets: [{ ...A, material: 'app' }] }],
  ['a relative directory', withFile({ directory: 'home' })],
  ['a name that is a path', withFile({ name: '../shadow' })],
  ['a digest that is none', withFile({ sha256: 'abc' })],
  ['a file of before that is no name', withFile({ previous: 1 })],
]

test.each(FOREIGN)('%s is unreadable', (_, value) => {
  writeFileSync(journalPath(), JSON.stringify(value))
  expect(readJournal(stateDir)).toBe('unreadable')
})

test('one of schema 1 is read: it knew regular files only', () => {
  const { layout: _, ...set } = A
  writeFileSync(journalPath(), JSON.stringify({ schema: 1, sets: [set], owed: [] }))
  expect(readJournal(stateDir)).toEqual({ schema: JOURNAL_SCHEMA, sets: [A], owed: [] })
})

test('a generation is read back, and what it stages, switches and prunes is needed', async () => {
  await enterJournal(stateDir, [GENERATION], [])
  expect(readJournal(stateDir)).toMatchObject({ sets: [GENERATION] })
  const isNeeded = neededNames(stateDir)
  const needed = [
    '.keyroller-1111111111111111.staged',
    '.keyroller-certificate-c',
    '.keyroller-certificate-old',
  ]
  expect([...needed, '.keyroller-certificate-b', 'key.pem'].filter(isNeeded)).toEqual(needed)
})

test.each<[string, object]>([
  ['no generation', { generation: undefined }],
  ['a generation that is a path', { generation: '../x' }],
  ['a relative directory', { directory: 'home' }],
  ['a file without a digest', { files: [{ name: 'key.pem' }] }],
  ['another layout', { layout: 'other' }],
])('a generation with %s is unreadable', (_, change) => {
  const sets = [{ ...GENERATION, ...change }]
  writeFileSync(journalPath(), JSON.stringify({ schema: JOURNAL_SCHEMA, sets, owed: [] }))
  expect(readJournal(stateDir)).toBe('unreadable')
})

test('the names it needs are those of its open sets', async () => {
  expect(neededNames(stateDir)('staged-1')).toBe(false)
  await enterJournal(stateDir, [A], [])
  const isNeeded = neededNames(stateDir)
  expect(['staged-1', 'previous-1', 'staged-2', 'key.pem'].filter(isNeeded)).toEqual([
    'staged-1',
    'previous-1',
  ])
})

test('what is no file is no journal to work with', () => {
  mkdirSync(journalPath())
  expect(() => readJournal(stateDir)).toThrow(expect.objectContaining({ code: 'state-failed' }))
})

function setOf(material: MaterialId, mark: string): FilesSet {
  const sha256 = mark.repeat(64)
  const file = {
    directory: '/home/app',
    name: 'key.pem',
    staged: `staged-${mark}`,
    previous: `previous-${mark}`,
  }
  return { material, layout: 'files', files: [{ ...file, sha256 }] }
}

function withFile(change: object): unknown {
  return { ...GOOD, sets: [{ ...A, files: [{ ...FILE, ...change }] }] }
}

function owed(...materials: MaterialId[]): OwedReload {
  return { target: `exec:${materials}`, materials, sinceMs: 1, attempts: 0 }
}

function journalPath(): string {
  return join(stateDir, 'journal.json')
}
