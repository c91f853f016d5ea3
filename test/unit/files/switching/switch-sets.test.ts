import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OwedReload } from '../../../../src/core/memory.ts'
import { readJournal } from '../../../../src/files/switching/journal.ts'
import type { FileSet } from '../../../../src/files/switching/layout-work.ts'
import { sweepSets } from '../../../../src/files/switching/sweep-sets.ts'
import { type SwitchRequest, switchSets } from '../../../../src/files/switching/switch-sets.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-switch-'))
  for (const name of ['state', 'app', 'web']) mkdirSync(join(root, name))
})
afterEach(() => rm(root, { recursive: true }))

test('all files of all sets are new, and nothing else is left', async () => {
  const result = await switchAll([setOf('app', 'old'), setOf('web', 'old')])
  expect(result.switched).toEqual(['certificate/app', 'certificate/web'])
  await result.settle()
  await (await switchAll([setOf('app', 'new')])).settle()
  expect(contentsOf('app')).toEqual({ 'cert.pem': 'new cert', 'key.pem': 'new key' })
  expect(contentsOf('web')).toEqual({ 'cert.pem': 'old cert', 'key.pem': 'old key' })
  expect(readdirSync(join(root, 'state'))).toEqual([])
})

test('mode and owner are those of the image, not those of the file of before', async () => {
  writeFileSync(join(root, 'app/key.pem'), 'old', { mode: 0o666 })
  await switchAll([setOf('app', 'new')])
  expect(statSync(join(root, 'app/key.pem')).mode & 0o7777).toBe(0o600)
  expect(statSync(join(root, 'app/cert.pem')).mode & 0o7777).toBe(0o644)
})

test('the journal stands when the first file is renamed, with what will be owed, until it is settled', async () => {
  const owed: OwedReload[] = [
    { target: 'exec:/bin/true', materials: ['certificate/app'], sinceMs: 1, attempts: 0 },
  ]
  const result = await switchAll([setOf('app', 'new')], { owedFor: () => owed })
  expect(readJournal(join(root, 'state'))).toMatchObject({ sets: [{ material: 'certificate/app' }], owed })
  await result.settle()
  expect(readJournal(join(root, 'state'))).toBeUndefined()
})

test('before the journal stands, no visible name has changed', async () => {
  await switchAll([setOf('app', 'old')])
  let seen: unknown
  const owedFor = () => {
    seen = visible('app')
    return []
  }
  await switchAll([setOf('app', 'new')], { owedFor })
  expect(seen).toEqual({ 'cert.pem': 'old cert', 'key.pem': 'old key' })
})

test.each<[string, (path: string) => void]>([
  ['a symbolic link', (path) => symlinkSync('/etc/hostname', path)],
  ['a directory', (path) => mkdirSync(path)],
])(
  '%s in place of one file leaves the whole set as it was, and the other set switches',
  async (found, plant) => {
    writeFileSync(join(root, 'app/key.pem'), 'old key')
    plant(join(root, 'app/cert.pem'))
    const result = await switchAll([setOf('app', 'new'), setOf('web', 'new')])
    expect(result.switched).toEqual(['certificate/web'])
    expect(result.failed.get('certificate/app')).toMatchObject({
      code: 'files-refused',
      message: `${join(root, 'app/cert.pem')}: expected a regular file or none, found ${found}`,
    })
    expect(readFileSync(join(root, 'app/key.pem'), 'utf8')).toBe('old key')
    expect(readdirSync(join(root, 'app'))).toEqual(['cert.pem', 'key.pem'])
  },
)

test('a target that became a directory after staging: the set goes back, its other files too', async () => {
  await switchAll([setOf('app', 'old')])
  const swap = () => {
    rmSync(join(root, 'app/cert.pem'))
    mkdirSync(join(root, 'app/cert.pem'))
    return []
  }
  const result = await switchAll([setOf('app', 'new'), setOf('web', 'new')], { owedFor: swap })
  expect(result.switched).toEqual(['certificate/web'])
  expect(result.failed.get('certificate/app')).toMatchObject({
    code: 'files-failed',
    message: `${join(root, 'app/cert.pem')}: expected to switch it, found EISDIR`,
  })
  expect(readFileSync(join(root, 'app/key.pem'), 'utf8')).toBe('old key')
  expect(readdirSync(join(root, 'app'))).toEqual(['cert.pem', 'key.pem'])
  await result.settle()
  expect(readJournal(join(root, 'state'))).toBeUndefined()
})

test('a set with files that were not there before is removed again when it fails', async () => {
  const plant = () => {
    mkdirSync(join(root, 'app/cert.pem'))
    return []
  }
  const result = await switchAll([setOf('app', 'new')], { owedFor: plant })
  expect(result.switched).toEqual([])
  expect(readdirSync(join(root, 'app'))).toEqual(['cert.pem'])
})

test('the app swaps its directory for a link mid-way: everything lands in the directory that was held', async () => {
  mkdirSync(join(root, 'outside'))
  writeFileSync(join(root, 'outside/key.pem'), 'victim')
  const swap = () => {
    renameSync(join(root, 'app'), join(root, 'moved'))
    symlinkSync(join(root, 'outside'), join(root, 'app'))
    return []
  }
  await switchAll([setOf('app', 'new')], { owedFor: swap })
  expect(contentsOf('outside')).toEqual({ 'key.pem': 'victim' })
  expect(contentsOf('moved')).toEqual({ 'cert.pem': 'new cert', 'key.pem': 'new key' })
})

test('a hard link as target is replaced; the other name keeps its file', async () => {
  writeFileSync(join(root, 'victim'), 'victim', { mode: 0o640 })
  linkSync(join(root, 'victim'), join(root, 'app/key.pem'))
  const before = statSync(join(root, 'victim'))
  await switchAll([setOf('app', 'new')])
  const after = statSync(join(root, 'victim'))
  expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('victim')
  expect([after.ino, after.mode, after.uid, after.mtimeMs]).toEqual([
    before.ino,
    before.mode,
    before.uid,
    before.mtimeMs,
  ])
  expect(after.nlink).toBe(1)
})

test('a directory that is missing fails its set alone', async () => {
  const result = await switchAll([setOf('none', 'new'), setOf('web', 'new')])
  expect(result.switched).toEqual(['certificate/web'])
  expect(result.failed.get('certificate/none')?.message).toContain('found no none')
})

test('a name too long for the file system names its path', async () => {
  const path = join(root, 'app', 'x'.repeat(300))
  const result = await switchAll([
    { material: 'certificate/app', layout: 'files', images: [image(path, 'key', 0o600)] },
  ])
  expect(result.failed.get('certificate/app')?.message).toBe(
    `${path}: expected to stage it, found ENAMETOOLONG`,
  )
})

test('without a journal nothing is switched', async () => {
  rmSync(join(root, 'state'), { recursive: true })
  await expect(switchAll([setOf('app', 'new')])).rejects.toMatchObject({ code: 'state-failed' })
  expect(readdirSync(join(root, 'app'))).toEqual([])
})

test('an earlier switch that was not settled stays in the journal of the next', async () => {
  await switchAll([setOf('app', 'new')])
  await (await switchAll([setOf('web', 'new')])).settle()
  expect(readJournal(join(root, 'state'))).toMatchObject({ sets: [{ material: 'certificate/app' }] })
})

test('no descriptor stays open', async () => {
  const before = readdirSync('/proc/self/fd').length
  await switchAll([setOf('app', 'new'), setOf('none', 'new')])
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})

test('leftovers are swept from every directory of a set, once', () => {
  const leftover = '.keyroller-0123456789abcdef.staged'
  for (const name of ['app', 'web']) writeFileSync(join(root, name, leftover), '')
  const paths = ['app/key.pem', 'app/cert.pem', 'web/key.pem'].map((path) => join(root, path))
  const set = { material: 'certificate/app', layout: 'files', paths } as const
  expect(sweepSets([set], () => false)).toEqual([join(root, 'app', leftover), join(root, 'web', leftover)])
})

function switchAll(sets: FileSet[], request: Partial<SwitchRequest> = {}) {
  return switchSets({ stateDir: join(root, 'state'), sets, owedFor: () => [], ...request })
}

function setOf(home: string, mark: string): FileSet {
  const images = [
    image(join(root, home, 'key.pem'), `${mark} key`, 0o600),
    image(join(root, home, 'cert.pem'), `${mark} cert`, 0o644),
  ]
  return { material: `certificate/${home}`, layout: 'files', images }
}

function image(path: string, content: string, mode: number) {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  return { path, content: Buffer.from(content), mode, uid, gid }
}

function contentsOf(home: string): Record<string, string> {
  const names = readdirSync(join(root, home))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, home, name), 'utf8')]))
}

function visible(home: string): Record<string, string> {
  return Object.fromEntries(Object.entries(contentsOf(home)).filter(([name]) => !name.startsWith('.')))
}
