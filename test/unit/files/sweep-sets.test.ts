import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HeldDirectory, holdDirectory } from '../../../src/files/held-directory.ts'
import { previousName, stageFile } from '../../../src/files/stage-file.ts'
import { sweepLeftovers } from '../../../src/files/sweep-sets.ts'

const { uid, gid } = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }

let root: string
let directory: HeldDirectory
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-sweep-'))
  directory = holdDirectory(root)
})
afterEach(async () => {
  directory.close()
  await rm(root, { recursive: true })
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
