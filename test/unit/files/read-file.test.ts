import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DirectoryHolder, openHolder } from '../../../src/files/held-directory.ts'
import { readFile } from '../../../src/files/read-file.ts'

let root: string
let holder: DirectoryHolder
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-read-'))
  holder = openHolder()
})
afterEach(async () => {
  holder.close()
  await rm(root, { recursive: true })
})

test('a regular file: bytes, all mode bits, owner', () => {
  writeFileSync(join(root, 'cert.pem'), 'bytes')
  chmodSync(join(root, 'cert.pem'), 0o4640)
  expect(readFile(join(root, 'cert.pem'), holder)).toEqual({
    state: 'present',
    mode: 0o4640,
    uid: process.geteuid?.(),
    gid: process.getegid?.(),
    inode: expect.any(Number),
    mtimeMs: expect.any(Number),
    content: Buffer.from('bytes'),
  })
})

test('a file or directory that is not there is missing', () => {
  expect(readFile(join(root, 'key.pem'), holder)).toEqual({
    state: 'missing',
    why: 'expected a file, found none',
  })
  expect(readFile(join(root, 'none/key.pem'), holder)).toEqual({
    state: 'missing',
    why: `${join(root, 'none')}: expected a directory, found no none`,
  })
})

const PLANTS: [string, (path: string) => unknown][] = [
  ['a symbolic link', (path) => symlinkSync('/etc/hostname', path)],
  ['a symbolic link', (path) => symlinkSync('/nonexistent', path)],
  ['a directory', (path) => mkdirSync(path)],
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
]

test.each(PLANTS)('%s is refused and never opened for good', (found, plant) => {
  const path = join(root, 'key.pem')
  plant(path)
  expect(readFile(path, holder)).toEqual({ state: 'refused', why: `expected a regular file, found ${found}` })
})

test('a socket is refused', async () => {
  const path = join(root, 'key.pem')
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once('listening', resolve))
  expect(readFile(path, holder)).toEqual({ state: 'refused', why: 'expected a regular file, found a socket' })
  server.close()
})

test('a link in the path is refused', () => {
  mkdirSync(join(root, 'real'))
  writeFileSync(join(root, 'real/key.pem'), 'key')
  symlinkSync(join(root, 'real'), join(root, 'link'))
  expect(readFile(join(root, 'link/key.pem'), holder)).toMatchObject({ state: 'refused' })
})

test('a file larger than any chain is not read', () => {
  const path = join(root, 'key.pem')
  writeFileSync(path, '')
  truncateSync(path, 256 * 1024)
  expect(readFile(path, holder)).toMatchObject({ state: 'present' })
  truncateSync(path, 256 * 1024 + 1)
  expect(readFile(path, holder)).toEqual({
    state: 'refused',
    why: 'expected at most 262144 bytes, found 262145',
  })
})

test('a directory swapped for a link after it was held is read as it was held', () => {
  mkdirSync(join(root, 'tls'))
  writeFileSync(join(root, 'tls/key.pem'), 'ours')
  mkdirSync(join(root, 'evil'))
  writeFileSync(join(root, 'evil/key.pem'), 'theirs')
  holder.hold(join(root, 'tls'))
  renameSync(join(root, 'tls'), join(root, 'moved'))
  symlinkSync(join(root, 'evil'), join(root, 'tls'))
  expect(readFile(join(root, 'tls/key.pem'), holder)).toMatchObject({ content: Buffer.from('ours') })
})
