import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { replaceFile } from '../../../src/files/replace-file.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'keyroller-replace-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('a file that is there, or none: whole, with its mode, and nothing beside it', () => {
  const path = join(folder(), 'a.prom')
  for (const text of ['one\n', 'two\n']) {
    replaceFile(path, text, 0o644)
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(statSync(path).mode & 0o777).toBe(0o644)
    expect(readdirSync(join(path, '..'))).toEqual(['a.prom'])
  }
})

test('a link under its name is replaced, not followed', () => {
  const root = folder()
  writeFileSync(join(root, 'victim'), 'mine')
  symlinkSync(join(root, 'victim'), join(root, 'a.prom'))
  replaceFile(join(root, 'a.prom'), 'new', 0o644)
  expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('mine')
  expect(readFileSync(join(root, 'a.prom'), 'utf8')).toBe('new')
})

test('a link on the way, no directory, or one in its place: refused, and nothing left behind', () => {
  const root = folder()
  mkdirSync(join(root, 'real'))
  symlinkSync(join(root, 'real'), join(root, 'link'))
  mkdirSync(join(root, 'real/a.prom/inside'), { recursive: true })
  expect(() => replaceFile(join(root, 'link/a.prom'), 'x', 0o644)).toThrow(/expected link to be a directory/)
  expect(() => replaceFile(join(root, 'none/a.prom'), 'x', 0o644)).toThrow(/found no none/)
  expect(() => replaceFile(join(root, 'real/a.prom'), 'x', 0o644)).toThrow(/expected to replace it/)
  expect(readdirSync(join(root, 'real'))).toEqual(['a.prom'])
})
