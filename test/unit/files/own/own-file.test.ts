import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  ensureOwnDirectory,
  readOwnFile,
  removeOwnFile,
  saveOwnFile,
  sweepOwnDirectory,
} from '../../../../src/files/own/own-file.ts'

const uid = process.geteuid?.() ?? 0

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-own-'))
})
afterEach(() => rm(root, { recursive: true }))

test.each([true, false])('what is saved is read back, durable %s', async (durable) => {
  const path = join(root, 'state.json')
  await saveOwnFile({ path, text: 'first', mode: 0o600, durable })
  await saveOwnFile({ path, text: 'second ü', mode: 0o600, durable })
  expect(readOwnFile(path)).toBe('second ü')
  expect(readdirSync(root)).toEqual(['state.json'])
})

test('the mode is the one asked for, under any umask and over any earlier mode', async () => {
  const path = join(root, 'status.json')
  writeFileSync(path, 'old')
  chmodSync(path, 0o666)
  const before = process.umask(0o077)
  await saveOwnFile({ path, text: 'new', mode: 0o644, durable: false })
  process.umask(before)
  expect(statSync(path).mode & 0o7777).toBe(0o644)
})

test('nothing to read is no fault, what is no file is', () => {
  expect(readOwnFile(join(root, 'none.json'))).toBeUndefined()
  expect(() => readOwnFile(root)).toThrow(
    expect.objectContaining({ code: 'state-failed', message: expect.stringContaining(root) }),
  )
})

test('a directory under the name is a fault that names the path, and leaves no temporary file', async () => {
  const path = join(root, 'state.json')
  mkdirSync(path)
  await expect(saveOwnFile({ path, text: 'x', mode: 0o600, durable: true })).rejects.toMatchObject({
    code: 'state-failed',
    message: expect.stringContaining(path),
  })
  expect(readdirSync(root)).toEqual(['state.json'])
})

test('removing is durable and may be repeated', () => {
  const path = join(root, 'journal.json')
  writeFileSync(path, '{}')
  removeOwnFile(path)
  removeOwnFile(path)
  expect(readdirSync(root)).toEqual([])
  expect(() => removeOwnFile(root)).toThrow(expect.objectContaining({ code: 'state-failed' }))
})

test('what killed runs left half written is swept, and nothing else', () => {
  const kept = ['state.json', 'state.json.new.1x', 'state.json.1', 'notes.new', 'state.json.new.12345678901']
  for (const name of [...kept, 'state.json.new', 'journal.json.new.4294967295'])
    writeFileSync(join(root, name), '')
  mkdirSync(join(root, 'status.json.new'))
  sweepOwnDirectory(root)
  expect(readdirSync(root).sort()).toEqual([...kept, 'status.json.new'].sort())
})

test('a directory is made with its mode, whatever the umask', () => {
  const before = process.umask(0o077)
  ensureOwnDirectory(join(root, 'run'), 0o755, uid)
  process.umask(before)
  expect(statSync(join(root, 'run')).mode & 0o7777).toBe(0o755)
})

test('a directory that is there is accepted as it is', () => {
  mkdirSync(join(root, 'state'), { mode: 0o750 })
  ensureOwnDirectory(join(root, 'state'), 0o700, uid)
  expect(statSync(join(root, 'state')).mode & 0o7777).toBe(0o750)
})

test.each([0o720, 0o702, 0o777])('a directory of mode %o is refused: others may write', (mode) => {
  mkdirSync(join(root, 'state'))
  chmodSync(join(root, 'state'), mode)
  expect(() => ensureOwnDirectory(join(root, 'state'), 0o700, uid)).toThrow(
    expect.objectContaining({
      code: 'state-failed',
      message: `${join(root, 'state')}: expected owner ${uid} and no write for others, found owner ${uid} and mode ${mode.toString(8)}`,
    }),
  )
})

// A user's ~/.local/state may be missing as a whole.
test('a user gets the levels above made, closed to others', () => {
  const path = join(root, 'local/state/keyroller')
  const asUser = process.getuid?.() === 0 ? 4242 : (process.getuid?.() ?? 4242)
  try {
    ensureOwnDirectory(path, 0o700, asUser)
  } catch (error) {
    // As root the levels are root's, and refused for being so: they were made all the same.
    expect(error).toMatchObject({
      code: 'state-failed',
      message: expect.stringContaining('expected owner 4242'),
    })
  }
  expect(statSync(join(root, 'local')).mode & 0o777).toBe(0o700)
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

test('a directory of somebody else is refused', () => {
  mkdirSync(join(root, 'state'), { mode: 0o700 })
  expect(() => ensureOwnDirectory(join(root, 'state'), 0o700, uid + 1)).toThrow(
    expect.objectContaining({ code: 'state-failed' }),
  )
})

test.each<[string, (path: string) => void]>([
  ['a link to a good directory', (path) => symlinkSync(root, path)],
  ['a dangling link', (path) => symlinkSync('/nonexistent/state', path)],
  ['a file', (path) => writeFileSync(path, '')],
])('%s in place of the directory is refused', (_, plant) => {
  const path = join(root, 'state')
  plant(path)
  expect(() => ensureOwnDirectory(path, 0o700, uid)).toThrow(
    expect.objectContaining({
      code: 'state-failed',
      message: `${path}: expected a directory, found a link or file`,
    }),
  )
})

test('a missing parent is not made for root', () => {
  const path = join(root, 'none/state')
  expect(() => ensureOwnDirectory(path, 0o700, 0)).toThrow(
    expect.objectContaining({ code: 'state-failed', message: expect.stringContaining('ENOENT') }),
  )
})

test('who may not read the state is told who may, and what everybody may', () => {
  const path = join(root, 'closed')
  mkdirSync(path, { mode: 0o000 })
  chmodSync(root, 0o755)
  if (uid === 0) process.seteuid?.(65534)
  try {
    expect(() => readOwnFile(join(path, 'state.json'))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('found EACCES'),
        hint: expect.stringContaining('status.json in its runtime directory is for everybody'),
      }),
    )
  } finally {
    if (uid === 0) process.seteuid?.(0)
    chmodSync(path, 0o700)
  }
})
