import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shredFile, shredReplaced } from '../../../../src/files/own/shred-file.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-shred-'))
})
afterEach(() => rm(root, { recursive: true }))

/** A second name shows what became of the bytes after the first is gone. */
test.each([0, 1, 100_000])('%i bytes are overwritten where they lie, and the name is gone', (size) => {
  const [path, witness] = [join(root, 'key.json'), join(root, 'witness')]
  const content = Buffer.alloc(size, 'secret')
  writeFileSync(path, content)
  linkSync(path, witness)
  shredFile(path)
  expect(existsSync(path)).toBe(false)
  const left = readFileSync(witness)
  expect(left).toHaveLength(size)
  expect(left.includes('secret')).toBe(false)
})

test('what is gone is shredded already', () => shredFile(join(root, 'none')))

test('a link is not followed', () => {
  writeFileSync(join(root, 'victim'), 'precious')
  symlinkSync(join(root, 'victim'), join(root, 'link'))
  expect(() => shredFile(join(root, 'link'))).toThrow(expect.objectContaining({ code: 'ELOOP' }))
  expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('precious')
})

describe('a file that is replaced', () => {
  let path: string
  let witness: number
  beforeEach(() => {
    path = join(root, 'record.json')
    writeFileSync(path, 'old secret')
    witness = openSync(path, 'r')
  })
  afterEach(() => closeSync(witness))

  test('is overwritten where it lay, and the new one is not', async () => {
    await shredReplaced(path, async () => {
      writeFileSync(`${path}.new`, 'new secret')
      renameSync(`${path}.new`, path)
    })
    expect(readFileSync(path, 'utf8')).toBe('new secret')
    const left = readFileSync(witness, 'latin1')
    expect(left).toHaveLength('old secret'.length)
    expect(left).not.toContain('secret')
  })

  test('but failed to be is left as it was', async () => {
    const fail = () => Promise.reject(new Error('no space'))
    await expect(shredReplaced(path, fail)).rejects.toThrow('no space')
    await shredReplaced(path, async () => {})
    expect(readFileSync(path, 'utf8')).toBe('old secret')
  })

  test('that was not there is none', async () => {
    await shredReplaced(join(root, 'none'), async () => writeFileSync(join(root, 'none'), 'new'))
    expect(readFileSync(join(root, 'none'), 'utf8')).toBe('new')
  })
})
