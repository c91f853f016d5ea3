import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Inbox, openInbox } from '../../../src/files/inbox.ts'

const UID = process.geteuid?.() ?? 0
let root: string
let path: string
const opened: Inbox[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-inbox-'))
  path = join(root, 'web')
  mkdirSync(path, { mode: 0o700 })
})
afterEach(async () => {
  for (const inbox of opened.splice(0)) inbox.close()
  await rm(root, { recursive: true })
})

test('holds the files that are there, and none beside them', () => {
  put('key.pem', 'a key')
  put('.key.pem.part', 'half a key')
  expect(open().read(['key.pem', 'fullchain.pem'])).toEqual(new Map([['key.pem', Buffer.from('a key')]]))
})

test('what was taken is removed; what was pushed meanwhile stays', async () => {
  put('key.pem', 'a key')
  put('fullchain.pem', 'a chain')
  const inbox = open()
  const taken = inbox.read(['key.pem', 'fullchain.pem'])
  put('fullchain.pem', 'the next')
  await inbox.clear(taken)
  expect([existsSync(join(path, 'key.pem')), readFileSync(join(path, 'fullchain.pem'), 'utf8')]).toEqual([
    false,
    'the next',
  ])
})

test('is the directory that was judged, whatever becomes of its name', () => {
  put('key.pem', 'a key')
  const inbox = open()
  renameSync(path, join(root, 'moved'))
  mkdirSync(path)
  put('key.pem', 'another')
  expect(inbox.read(['key.pem']).get('key.pem')?.toString()).toBe('a key')
})

describe('is not believed', () => {
  test.each([0o750, 0o705, 0o777, 0o701])('with mode %o', (mode) => {
    chmodSync(path, mode)
    expect(open).toThrow(expect.objectContaining({ code: 'config-untrusted' }))
  })

  test('of somebody else', () => {
    chownSync(path, UID + 4711, 0)
    expect(open).toThrow(`${path}: expected owner 0`)
  })

  test('when a link leads to it', () => {
    symlinkSync(path, join(root, 'link'))
    expect(() => openInbox(join(root, 'link'), UID)).toThrow(
      expect.objectContaining({ code: 'files-refused' }),
    )
  })

  test.each([
    ['a file others may write', () => chmodSync(join(path, 'key.pem'), 0o620), 'found mode 0620'],
    ['a file of somebody else', () => chownSync(join(path, 'key.pem'), UID + 4711, 0), 'expected owner 0'],
    ['a directory', () => asDirectory('key.pem'), 'expected a regular file, found a directory'],
  ])('%s', (_, spoil, message) => {
    put('key.pem', 'a key')
    spoil()
    expect(() => open().read(['key.pem'])).toThrow(message)
  })
})

function open(): Inbox {
  const inbox = openInbox(path, UID)
  opened.push(inbox)
  return inbox
}

function put(name: string, text: string): void {
  writeFileSync(join(path, name), text, { mode: 0o600 })
}

function asDirectory(name: string): void {
  rmSync(join(path, name))
  mkdirSync(join(path, name))
}
