import { existsSync, linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shredFile } from '../../../../src/files/own/shred-file.ts'

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
