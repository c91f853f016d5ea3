import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Layout } from '../../../../src/core/material.ts'
import { type HeldDirectory, holdDirectory } from '../../../../src/files/held-directory.ts'
import { previousName, stageFile } from '../../../../src/files/stage-file.ts'
import { sweepLeftovers, sweepSets } from '../../../../src/files/switching/sweep-sets.ts'

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

describe('of a generation', () => {
  const MIDDLE = '.keyroller-certificate-app'
  const generationOf = (digit: string) => `${MIDDLE}.${digit.repeat(16)}`
  const set = (layout: Layout) =>
    ({ material: 'certificate/app', layout, paths: [join(root, 'key.pem')] }) as const

  beforeEach(() => {
    for (const [index, digit] of ['1', '2', '3'].entries()) {
      const path = join(root, generationOf(digit))
      mkdirSync(path)
      writeFileSync(join(path, 'key.pem'), digit)
      chmodSync(path, 0o1755)
      utimesSync(path, index + 1, index + 1)
    }
    symlinkSync(generationOf('1'), join(root, MIDDLE))
    symlinkSync(`${MIDDLE}/key.pem`, join(root, 'key.pem'))
  })

  test('the current one and the newest other stay', () => {
    expect(sweepSets([set('generation')], () => false)).toEqual([join(root, generationOf('2'))])
    expect(readdirSync(root).sort()).toEqual([MIDDLE, generationOf('1'), generationOf('3'), 'key.pem'])
  })

  test('while a journal needs its middle link, all of them stay', () => {
    expect(sweepSets([set('generation')], (name) => name === MIDDLE)).toEqual([])
  })

  test('without a middle link nobody knows which is current: all of them stay', () => {
    rmSync(join(root, MIDDLE))
    expect(sweepSets([set('generation')], () => false)).toEqual([])
  })

  test('configured as files, it stays as long as a name leads through it, or is missing', () => {
    expect(sweepSets([set('files')], () => false)).toEqual([])
    rmSync(join(root, 'key.pem'))
    expect(sweepSets([set('files')], () => false)).toEqual([])
    writeFileSync(join(root, 'key.pem'), 'key')
    expect(sweepSets([set('files')], () => false)).toHaveLength(4)
    expect(readdirSync(root)).toEqual(['key.pem'])
  })

  test('one half made or half removed goes, unless a journal needs it', () => {
    const left = '.keyroller-0123456789abcdef.staged'
    mkdirSync(join(root, left))
    chmodSync(join(root, left), 0o1700)
    writeFileSync(join(root, left, 'key.pem'), 'key')
    expect(sweepLeftovers(directory, (name) => name === left)).toEqual([])
    expect(sweepLeftovers(directory, () => false)).toEqual([left])
  })
})
