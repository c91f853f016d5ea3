import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PreflightTarget, preflight } from '../../../src/files/preflight.ts'
import { mountTmpfs } from './mounts.ts'

const LEFTOVERS = ['.keyroller-0123456789abcdef.previous', '.keyroller-0123456789abcdef.staged']

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-preflight-'))
  for (const name of ['app', 'web']) mkdirSync(join(root, name))
})
afterEach(() => rm(root, { recursive: true }))

test('paths that can be written have no fault, and nothing of the trial stays', async () => {
  writeFileSync(join(root, 'app/key.pem'), 'old')
  const { ino, ctimeNs } = statSync(join(root, 'app/key.pem'), { bigint: true })
  expect(await check('app/key.pem', 'app/cert.pem', 'web/key.pem')).toEqual({})
  expect(readdirSync(join(root, 'app'))).toEqual(['key.pem'])
  expect(readdirSync(join(root, 'web'))).toEqual([])
  // A path unit or an inotify watcher of the old file must not see so much as a new link to it.
  expect(statSync(join(root, 'app/key.pem'), { bigint: true })).toMatchObject({ ino, ctimeNs })
})

test('each path has its own fault, and one does not hide another', async () => {
  symlinkSync('/etc/hostname', join(root, 'app/key.pem'))
  writeFileSync(join(root, 'file'), '')
  expect(await check('app/key.pem', 'app/cert.pem', 'none/key.pem', 'file/key.pem', 'web/key.pem')).toEqual({
    'app/key.pem': 'files-refused: ROOT/app/key.pem: expected a regular file or none, found a symbolic link',
    'none/key.pem': 'files-failed: ROOT/none: expected a directory, found no none',
    'file/key.pem': 'files-refused: ROOT/file: expected file to be a directory, found a link or file',
  })
})

test('a directory whose disk is too full for a key and its chain is told for every path in it', async () => {
  const disk = await mountTmpfs('size=20k')
  try {
    writeFileSync(join(disk.path, 'filling'), Buffer.alloc(8192))
    const targets = ['key.pem', 'cert.pem'].map((name) => targetOf(join(disk.path, name)))
    const faults = await preflight([...targets, targetOf(join(root, 'app/key.pem'))], () => false)
    expect([...faults.keys()]).toEqual(targets.map(({ path }) => path))
    for (const [path, { message }] of faults)
      expect(message).toMatch(
        new RegExp(
          `^${path}: expected to write beside it, found ENOSPC, \\d+ bytes and \\d+ inodes free on tmpfs$`,
        ),
      )
    expect(readdirSync(disk.path)).toEqual(['filling'])
  } finally {
    await disk.remove()
  }
})

test('leftovers are swept, what a journal still needs stays', async () => {
  for (const name of LEFTOVERS) writeFileSync(join(root, 'app', name), '')
  expect(await check('app/key.pem')).toEqual({})
  expect(readdirSync(join(root, 'app'))).toEqual([])
  for (const name of LEFTOVERS) writeFileSync(join(root, 'app', name), '')
  await preflight([targetOf(join(root, 'app/key.pem'))], (name) => LEFTOVERS.includes(name))
  expect(readdirSync(join(root, 'app'))).toEqual(LEFTOVERS)
})

test.each<[string, (path: string) => unknown]>([
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ['a symbolic link', (path) => symlinkSync('/dev/zero', path)],
])(
  'the owner swaps the trial file for %s: the run is not held, and only this directory fails',
  async (found, plant) => {
    const pending = check('app/key.pem', 'web/key.pem')
    // The trial file stands by now, and its fsync is under way.
    const [trial = ''] = readdirSync(join(root, 'app'))
    rmSync(join(root, 'app', trial))
    plant(join(root, 'app', trial))
    expect(await pending).toEqual({
      'app/key.pem': `files-refused: ROOT/app/${trial}: expected a regular file, found ${found}`,
    })
    expect(readdirSync(join(root, 'app'))).toEqual([])
  },
)

test('no descriptor stays open', async () => {
  const before = readdirSync('/proc/self/fd').length
  await check('app/key.pem', 'none/key.pem')
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})

async function check(...names: string[]): Promise<Record<string, string>> {
  const faults = await preflight(
    names.map((name) => targetOf(join(root, name))),
    () => false,
  )
  return Object.fromEntries(
    [...faults].map(([path, { code, message }]) => [
      path.replace(`${root}/`, ''),
      `${code}: ${message.replaceAll(root, 'ROOT')}`,
    ]),
  )
}

function targetOf(path: string): PreflightTarget {
  return { path, mode: 0o600, uid: 4242, gid: 4242, material: 'certificate/app', layout: 'files' }
}
