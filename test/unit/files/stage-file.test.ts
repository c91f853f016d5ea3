import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HeldDirectory, holdDirectory } from '../../../src/files/held-directory.ts'
import { splitPath, stageFile } from '../../../src/files/stage-file.ts'

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

test('a name that is given is taken only when nobody has it', async () => {
  const image = { path: join(root, 'key.pem'), content: Buffer.from('key'), mode: 0o600, uid, gid }
  expect(await stageFile(directory, image, 'key.pem')).toBe('key.pem')
  writeFileSync(join(root, 'cert.pem'), 'theirs')
  await expect(stageFile(directory, image, 'cert.pem')).rejects.toMatchObject({ code: 'EEXIST' })
  expect(readFileSync(join(root, 'cert.pem'), 'utf8')).toBe('theirs')
})

test('a path splits into directory and name', () => {
  expect(splitPath('/home/app/tls/key.pem')).toEqual({ directory: '/home/app/tls', name: 'key.pem' })
  expect(splitPath('/key.pem')).toEqual({ directory: '/', name: 'key.pem' })
})
