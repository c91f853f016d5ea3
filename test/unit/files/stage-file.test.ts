import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HeldDirectory, holdDirectory } from '../../../src/files/held-directory.ts'
import { previousName, splitPath, stageFile, sweepLeftovers } from '../../../src/files/stage-file.ts'

const { uid, gid } = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }

let root: string
let directory: HeldDirectory
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-stage-'))
  directory = holdDirectory(root)
})
afterEach(async () => {
  directory.close()
  await rm(root, { recursive: true })
})

test('a staged file has its bytes and mode, whatever the umask', async () => {
  const before = process.umask(0o077)
  const content = Buffer.from('the content')
  const name = await stageFile(directory, { path: join(root, 'key.pem'), content, mode: 0o640, uid, gid })
  process.umask(before)
  expect(readFileSync(join(root, name))).toEqual(content)
  expect(statSync(join(root, name)).mode & 0o7777).toBe(0o640)
  expect(readdirSync(root)).toEqual([name])
})

test('an empty file can be staged', async () => {
  const image = { path: join(root, 'chain.pem'), content: Buffer.alloc(0), mode: 0o644, uid, gid }
  expect(statSync(join(root, await stageFile(directory, image))).size).toBe(0)
})

const LEFTOVERS = ['.keyroller-0123456789abcdef.staged', '.keyroller-0123456789abcdef.previous']
const FOREIGN = [
  'key.pem',
  '.keyroller-0123456789abcdef.staged~',
  '.keyroller-0123456789abcde.staged',
  '.keyroller-0123456789ABCDEF.staged',
  '.keyroller-0123456789abcdef.backup',
  'keyroller-0123456789abcdef.staged',
  '.keyroller-0123456789abcdef.staged\n',
  'x.keyroller-0123456789abcdef.staged',
]

test('only names of the own pattern are swept', () => {
  for (const name of [...LEFTOVERS, ...FOREIGN]) writeFileSync(join(root, name), '')
  expect(sweepLeftovers(directory, () => false).sort()).toEqual([...LEFTOVERS].sort())
  expect(readdirSync(root).sort()).toEqual([...FOREIGN].sort())
})

test('what keyroller itself names is swept', async () => {
  const image = { path: join(root, 'key.pem'), content: Buffer.from('key'), mode: 0o600, uid, gid }
  await stageFile(directory, image)
  writeFileSync(join(root, previousName()), '')
  expect(sweepLeftovers(directory, () => false)).toHaveLength(2)
  expect(readdirSync(root)).toEqual([])
})

test('what a journal still needs is not swept', () => {
  for (const name of LEFTOVERS) writeFileSync(join(root, name), '')
  const [staged, previous] = LEFTOVERS
  expect(sweepLeftovers(directory, (name) => name === staged)).toEqual([previous])
  expect(readdirSync(root)).toEqual([staged])
})

test('a planted link is swept as a link, a planted directory stays', () => {
  const [link, folder] = LEFTOVERS as [string, string]
  const victim = join(root, 'victim')
  writeFileSync(victim, 'untouched')
  symlinkSync(victim, join(root, link))
  mkdirSync(join(root, folder))
  expect(sweepLeftovers(directory, () => false)).toEqual([link])
  expect(readdirSync(root).sort()).toEqual([folder, 'victim'])
  expect(readFileSync(victim, 'utf8')).toBe('untouched')
})

test('a path splits into directory and name', () => {
  expect(splitPath('/home/app/tls/key.pem')).toEqual({ directory: '/home/app/tls', name: 'key.pem' })
  expect(splitPath('/key.pem')).toEqual({ directory: '/', name: 'key.pem' })
})
