/** keyroller as root in a directory that a hostile app owns: whatever stands there, nothing outside changes. */
import { execFileSync } from 'node:child_process'
import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LAYOUTS, type Layout } from '../../../src/core/material.ts'
import { openHolder } from '../../../src/files/held-directory.ts'
import { preflight } from '../../../src/files/preflight.ts'
import { readVisible } from '../../../src/files/read-visible.ts'
import { setAttributes } from '../../../src/files/set-attributes.ts'
import { JOURNAL_SCHEMA } from '../../../src/files/switching/journal.ts'
import { recoverSwitch } from '../../../src/files/switching/recover-switch.ts'
import { sweepSets } from '../../../src/files/switching/sweep-sets.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'
import { describeTree, makeOutside } from './outside.ts'

const APP = 4242
const MATERIAL = 'certificate/app'
const SET = { material: MATERIAL, layout: 'files' } as const

let root: string
let home: string
let target: string
let outside: string
let before: string[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-hostile-'))
  home = join(root, 'home/tls')
  target = join(home, 'key.pem')
  outside = join(root, 'outside')
  mkdirSync(home, { recursive: true })
  mkdirSync(join(root, 'state'))
  makeOutside(outside)
  for (const path of [dirname(home), home]) chownSync(path, APP, APP)
})
afterEach(() => rm(root, { recursive: true }))

/** Everything keyroller does to a path, and the faults it tells. */
const DOINGS: Record<string, (layout: Layout) => Promise<(string | undefined)[]>> = {
  switch: async (layout) => {
    const { failed } = await switchTarget(layout)
    return [failed.get('certificate/app')?.code]
  },
  preflight: async (layout) => {
    const faults = await preflight([{ ...frame(), material: MATERIAL, layout }], () => false)
    return [faults.get(target)?.code]
  },
  'set attributes': async () => [await setAttributes(frame()).catch(({ code }) => code)],
  read: async () => {
    const holder = openHolder()
    const { state } = readVisible(target, holder)
    holder.close()
    return [state === 'refused' ? 'files-refused' : state]
  },
}

const EVERY = LAYOUTS.flatMap((layout) =>
  Object.entries(DOINGS).map(([doing, act]) => [doing, layout, act] as const),
)

describe.each(EVERY)('%s, layout %s', (_, layout, act) => {
  test.each<[string, () => void]>([
    ['a link to a private file', () => symlinkSync(join(outside, 'shadow'), target)],
    ['a relative link', () => symlinkSync('../../outside/shadow', target)],
    ['a link to nothing', () => symlinkSync(join(outside, 'new'), target)],
    ['a link to a directory', () => symlinkSync(outside, target)],
    ['a directory', () => mkdirSync(target)],
    ['a FIFO', () => execFileSync('mkfifo', [target])],
    ['a character device', () => execFileSync('mknod', [target, 'c', '1', '5'])],
    ['a block device', () => execFileSync('mknod', [target, 'b', '7', '99'])],
  ])('%s as target is refused, stays, and is not followed', async (_plant, plant) => {
    plant()
    const planted = kindOf(target)
    snapshot()
    expect(await act(layout)).toEqual(['files-refused'])
    expect(kindOf(target)).toBe(planted)
    expectNothingOutsideChanged()
  })

  test.each<[string, () => void]>([
    ['its directory', () => swapForLink(home)],
    ['a directory above', () => swapForLink(dirname(home))],
  ])('a link in place of %s is refused', async (_what, plant) => {
    plant()
    snapshot()
    expect(await act(layout)).toEqual(['files-refused'])
    expectNothingOutsideChanged()
  })
})

test('a hard link to a private file: switching replaces the name and leaves the file', async () => {
  linkSync(join(outside, 'shadow'), target)
  const { ino, mode, uid, gid, mtimeMs } = lstatSync(join(outside, 'shadow'))
  expect((await switchTarget('files')).switched).toEqual(['certificate/app'])
  expect(lstatSync(join(outside, 'shadow'))).toMatchObject({
    ino,
    mode,
    uid,
    gid,
    mtimeMs,
    nlink: 1,
    size: 12,
  })
  expect(lstatSync(target)).toMatchObject({ uid: APP, gid: APP })
})

test('a hard link to a private file: mode and owner are not set', async () => {
  linkSync(join(outside, 'shadow'), target)
  snapshot()
  await expect(setAttributes(frame())).rejects.toMatchObject({
    code: 'files-refused',
    message: `${target}: expected a regular file with one link, found 2 links to it`,
  })
  expectNothingOutsideChanged()
})

describe('the app acts between two steps of ours', () => {
  const ACTS: [string, () => void][] = [
    ['swaps its directory for a link', () => swapForLink(home)],
    ['swaps a directory above for a link', () => swapForLink(dirname(home))],
    [
      'swaps the target for a link',
      () => {
        rmSync(target, { force: true })
        symlinkSync(join(outside, 'shadow'), target)
      },
    ],
    [
      'swaps what is staged for a link',
      () => swapStaged((path) => symlinkSync(join(outside, 'shadow'), path)),
    ],
    ['swaps what is staged for a FIFO', () => swapStaged((path) => execFileSync('mkfifo', [path]))],
    ['swaps what is staged for a directory', () => swapStaged((path) => mkdirSync(path))],
    ['removes everything', () => execFileSync('find', [home, '-mindepth', '1', '-delete'])],
  ]

  test.each(ACTS.flatMap(([what, act]) => LAYOUTS.map((layout) => [what, layout, act] as const)))(
    'switch: it %s, layout %s',
    async (_, layout, act) => {
      writeFileSync(target, 'old')
      snapshot()
      await switchTarget(layout, () => {
        act()
        return []
      })
      expectNothingOutsideChanged()
    },
  )

  test.each(ACTS)('preflight: it %s', async (_, act) => {
    writeFileSync(target, 'old')
    snapshot()
    // The trial file stands when the call returns; its fsync is under way.
    const pending = preflight([{ ...frame(), ...SET }], () => false)
    act()
    await pending
    expectNothingOutsideChanged()
  })

  test.each(ACTS)('recovery: it %s', async (_, act) => {
    writeFileSync(target, 'old')
    const staged = '.keyroller-0123456789abcdef.staged'
    writeFileSync(join(home, staged), 'new')
    // SHA-256 of `new`.
    const sha256 = '11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437'
    const files = [{ directory: home, name: 'key.pem', staged, sha256 }]
    snapshot()
    act()
    await recoverSwitch({ schema: JOURNAL_SCHEMA, sets: [{ ...SET, files }], owed: [] })
    expectNothingOutsideChanged()
  })
})

test('links planted under names of ours are swept as links', () => {
  symlinkSync(join(outside, 'shadow'), join(home, '.keyroller-0123456789abcdef.staged'))
  linkSync(join(outside, 'etc/passwd'), join(home, '.keyroller-0123456789abcdef.previous'))
  expect(sweepSets([{ ...SET, paths: [target] }], () => false)).toHaveLength(2)
  expect(lstatSync(join(outside, 'etc/passwd'))).toMatchObject({ nlink: 1, size: 11 })
  expect(lstatSync(join(outside, 'shadow'))).toMatchObject({ nlink: 1, size: 12 })
})

function switchTarget(layout: Layout, owedFor: () => [] = () => []) {
  const images = [{ ...frame(), content: Buffer.from('new key') }]
  const sets = [{ material: MATERIAL, layout, images } as const]
  return switchSets({ stateDir: join(root, 'state'), sets, owedFor })
}

function frame() {
  return { path: target, mode: 0o600, uid: APP, gid: APP }
}

function swapForLink(path: string): void {
  renameSync(path, `${path}.moved`)
  mkdirSync(join(outside, 'tls'), { recursive: true })
  symlinkSync(path === home ? join(outside, 'tls') : outside, path)
  snapshot()
}

function swapStaged(plant: (path: string) => void): void {
  const [staged = ''] = execFileSync('find', [home, '-name', '.keyroller-*.staged']).toString().split('\n')
  rmSync(staged, { recursive: true })
  plant(staged)
}

function snapshot(): void {
  before = describeTree(outside)
}

function expectNothingOutsideChanged(): void {
  expect(describeTree(outside)).toEqual(before)
}

function kindOf(path: string): number {
  return lstatSync(path).mode
}
