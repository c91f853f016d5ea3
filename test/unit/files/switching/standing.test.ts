import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DirectoryHolder, openHolder } from '../../../../src/files/held-directory.ts'
import { readVisible } from '../../../../src/files/read-visible.ts'
import { standingOf, withVisible } from '../../../../src/files/switching/standing.ts'

const MIDDLE = '.keyroller-certificate-web'
const GENERATION = `${MIDDLE}.0123456789abcdef`

let root: string
let path: string
let holder: DirectoryHolder
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-standing-'))
  path = join(root, 'key.pem')
  holder = openHolder()
})
afterEach(async () => {
  holder.close()
  await rm(root, { recursive: true })
})

test('nothing, or a regular file', () => {
  expect(stand()).toEqual({ kind: 'none' })
  writeFileSync(path, 'own')
  expect(stand()).toEqual({ kind: 'file' })
  expect(readVisible(path, holder)).toMatchObject({ state: 'present', content: Buffer.from('own') })
  expect(readVisible(path, holder)).not.toHaveProperty('through')
})

test.each<[string, (at: string) => unknown]>([
  ['a symbolic link', (at) => symlinkSync('/etc/hostname', at)],
  ['a symbolic link', (at) => symlinkSync(`${MIDDLE}/cert.pem`, at)],
  ['a directory', (at) => mkdirSync(at)],
  ['a FIFO', (at) => execFileSync('mkfifo', [at])],
])('%s is refused', (found, plant) => {
  plant(path)
  const message = `${path}: expected a regular file or none, found ${found}`
  expect(stand).toThrow(expect.objectContaining({ code: 'files-refused', message }))
  expect(readVisible(path, holder)).toEqual({
    state: 'refused',
    why: `expected a regular file, found ${found}`,
  })
})

describe('a link of ours', () => {
  beforeEach(() => {
    mkdirSync(join(root, GENERATION))
    chmodSync(join(root, GENERATION), 0o1755)
    writeFileSync(join(root, GENERATION, 'key.pem'), 'in it', { mode: 0o640 })
    symlinkSync(GENERATION, join(root, MIDDLE))
    symlinkSync(`${MIDDLE}/key.pem`, path)
  })

  test('is known by both texts, and read where it leads', () => {
    expect(stand()).toEqual({ kind: 'link', middle: MIDDLE, generation: GENERATION })
    expect(readVisible(path, holder)).toMatchObject({
      state: 'present',
      through: MIDDLE,
      content: Buffer.from('in it'),
      mode: 0o640,
    })
  })

  test.each<[string, () => void]>([
    ['no middle link', () => rmSync(join(root, MIDDLE))],
    ['no generation', () => rmSync(join(root, GENERATION), { recursive: true })],
    ['no file in it', () => rmSync(join(root, GENERATION, 'key.pem'))],
  ])('that leads nowhere is a file that is missing: %s', (_, lose) => {
    lose()
    expect(readVisible(path, holder)).toEqual({
      state: 'missing',
      why: 'expected a file, found a link that leads to none',
    })
  })

  test.each<[string, () => unknown]>([
    ['its middle link leads elsewhere', () => point(MIDDLE, '/etc')],
    ['its middle link is a directory', () => mkdirSync(clear(MIDDLE))],
    ['its generation is a link', () => point(GENERATION, '/etc')],
    ["its generation is anybody's", () => chmodSync(join(root, GENERATION), 0o755)],
    ['its generation may be written to by others', () => chmodSync(join(root, GENERATION), 0o1777)],
    ['its file is a link', () => point(`${GENERATION}/key.pem`, '/etc/hostname')],
    ['its file is a directory', () => mkdirSync(clear(`${GENERATION}/key.pem`))],
  ])('is refused when %s', (_, plant) => {
    plant()
    expect(readVisible(path, holder)).toMatchObject({ state: 'refused' })
  })

  test('no descriptor stays open, also when the work throws', () => {
    holder.hold(root)
    const before = readdirSync('/proc/self/fd').length
    readVisible(path, holder)
    const fail = () => {
      throw new Error('no')
    }
    expect(() => withVisible(holder.hold(root), 'key.pem', fail)).toThrow('no')
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

function stand() {
  return standingOf(holder.hold(root), 'key.pem')
}

function clear(name: string): string {
  rmSync(join(root, name), { recursive: true, force: true })
  return join(root, name)
}

function point(name: string, text: string): void {
  symlinkSync(text, clear(name))
}
