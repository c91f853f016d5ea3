import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isGuarded } from '../../../src/files/guarded-path.ts'

const APP = 4242

let root: string
let home: string
let key: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-guarded-'))
  home = join(root, 'home')
  key = join(home, 'tls/key.pem')
  mkdirSync(join(home, 'tls'), { recursive: true })
})
afterEach(() => rm(root, { recursive: true }))

test('below directories of root that nobody else may write to, sticky ones further up', () => {
  expect(isGuarded(key, 0)).toBe(true)
  chmodSync(home, 0o1777)
  expect(isGuarded(key, 0)).toBe(true)
})

test.each<[string, () => void]>([
  ['its directory belongs to somebody', () => chownSync(join(home, 'tls'), APP, APP)],
  ['a directory further up does', () => chownSync(home, APP, APP)],
  ['a group may write to one', () => chmodSync(home, 0o775)],
  ['others may write to one', () => chmodSync(join(home, 'tls'), 0o757)],
  ["its own directory is sticky, so the file can be anybody's", () => chmodSync(join(home, 'tls'), 0o1777)],
  ['one is missing', () => rm(join(home, 'tls'), { recursive: true })],
])('not when %s', async (_, spoil) => {
  await spoil()
  expect(isGuarded(key, 0)).toBe(false)
})

test('not through a link', () => {
  symlinkSync(home, join(root, 'link'))
  expect(isGuarded(join(root, 'link/tls/key.pem'), 0)).toBe(false)
})

test("for a user, below what is his own or root's", () => {
  chownSync(root, APP, APP)
  chownSync(home, APP, APP)
  expect(isGuarded(key, APP)).toBe(true)
  expect(isGuarded(key, APP + 1)).toBe(false)
})
