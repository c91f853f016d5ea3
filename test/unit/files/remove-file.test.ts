import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeFile, removeQuietly } from '../../../src/files/remove-file.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-remove-'))
})
afterEach(() => rm(root, { recursive: true }))

test('a name goes, and may be gone', () => {
  writeFileSync(join(root, 'file'), '')
  removeFile(join(root, 'file'))
  removeFile(join(root, 'file'))
  expect(existsSync(join(root, 'file'))).toBe(false)
})

test('a link goes, what it leads to stays', () => {
  writeFileSync(join(root, 'victim'), '')
  symlinkSync(join(root, 'victim'), join(root, 'link'))
  removeFile(join(root, 'link'))
  expect(existsSync(join(root, 'victim'))).toBe(true)
})

test('a directory stays, with the code of the system', () => {
  mkdirSync(join(root, 'directory'))
  expect(() => removeFile(join(root, 'directory'))).toThrow(expect.objectContaining({ code: 'EISDIR' }))
  removeQuietly(join(root, 'directory'))
  expect(existsSync(join(root, 'directory'))).toBe(true)
})
