import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { preflight } from '../../../src/files/preflight.ts'
import type { FileSet } from '../../../src/files/switching/layout-work.ts'
import { recoverSwitch } from '../../../src/files/switching/recover-switch.ts'
import { sweepSets } from '../../../src/files/switching/sweep-sets.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'
import { interruptSwitch } from '../../unit/files/interrupted-switch.ts'
import { type Mounted, mountExt4, mountTmpfs } from './mounts.ts'

const PAGE = 4096
const SET = { material: 'certificate/app', layout: 'files' } as const
const OLD = { 'cert.pem': 'old cert', 'key.pem': 'old key' }

let root: string
let disk: Mounted | undefined
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-disk-'))
  mkdirSync(join(root, 'state'))
})
afterEach(async () => {
  await disk?.remove()
  disk = undefined
  await rm(root, { recursive: true })
})

describe('a full disk', () => {
  // The key fits in each case but the first; the certificate is cut off after none, one or two pages.
  test.each([0, 1, 2, 3])(
    'with %i pages free: the old set stays, nothing is left, the fault says what is free',
    async (pages) => {
      const home = await homeOn(mountTmpfs(`size=${16 * PAGE}`))
      writeFileSync(join(home, 'filling'), Buffer.alloc((16 - 2 - pages) * PAGE))
      const fault = await failToSwitch(home, { 'key.pem': 'new key', 'cert.pem': 'x'.repeat(4 * PAGE) })
      expect(fault).toMatch(
        new RegExp(
          `^${home}/(?:key|cert)\\.pem: expected to stage it, found ENOSPC, \\d+ bytes and \\d+ inodes free on tmpfs$`,
        ),
      )
      expect(contentsOf(home)).toMatchObject(OLD)
      expect(readdirSync(home).sort()).toEqual(['cert.pem', 'filling', 'key.pem'])
    },
  )

  test('without inodes it is the same', async () => {
    const home = await homeOn(mountTmpfs('size=1M,nr_inodes=4'))
    writeFileSync(join(home, 'filling'), '')
    expect(await failToSwitch(home)).toMatch(/found ENOSPC, \d+ bytes and 0 inodes free on tmpfs$/)
    expect(readdirSync(home).sort()).toEqual(['cert.pem', 'filling', 'key.pem'])
  })

  test('one app whose disk is full does not keep the others', async () => {
    const home = await homeOn(mountTmpfs(`size=${16 * PAGE}`))
    writeFileSync(join(home, 'filling'), Buffer.alloc(14 * PAGE))
    const other = join(root, 'other')
    mkdirSync(other)
    const { switched, failed } = await switchAll([
      setOf(home, 'certificate/app'),
      setOf(other, 'certificate/other'),
    ])
    expect([switched, [...failed.keys()]]).toEqual([['certificate/other'], ['certificate/app']])
  })

  test('a state directory that is full: nothing is switched, nothing is left', async () => {
    disk = await mountTmpfs(`size=${4 * PAGE}`)
    writeFileSync(join(disk.path, 'filling'), Buffer.alloc(4 * PAGE))
    const home = oldHome(join(root, 'app'))
    await expect(switchAll([setOf(home, 'certificate/app')], disk.path)).rejects.toMatchObject({
      code: 'state-failed',
      message: expect.stringMatching(/journal\.json: expected to save it, found ENOSPC/),
    })
    expect(contentsOf(home)).toEqual(OLD)
    expect(readdirSync(disk.path)).toEqual(['filling'])
  })
})

describe('a read-only file system', () => {
  test('is seen by preflight and by staging, with the path', async () => {
    const home = await homeOn(mountTmpfs('size=1M'))
    await disk?.remount('ro')
    expect(await failToSwitch(home)).toBe(
      `${home}/key.pem: expected to stage it, found EROFS of open on tmpfs`,
    )
    expect((await preflight(frames(home), () => false)).get(`${home}/cert.pem`)).toMatchObject({
      code: 'files-failed',
      message: `${home}/cert.pem: expected to write beside it, found EROFS of open on tmpfs`,
    })
  })

  test('from the moment all is staged: the set stays old, and what was staged goes once it can', async () => {
    const home = await homeOn(mountTmpfs('size=1M'))
    const fault = await failToSwitch(home, undefined, () => execFileSync('mount', ['-o', 'remount,ro', home]))
    expect(fault).toBe(`${home}/key.pem: expected to switch it, found EROFS of rename on tmpfs`)
    expect(visible(home)).toEqual(OLD)
    await disk?.remount('rw')
    sweepSets([{ ...SET, paths: [`${home}/key.pem`] }], () => false)
    expect(contentsOf(home)).toEqual(OLD)
  })
})

describe('an immutable file', () => {
  test('is found by preflight, before anything is issued', async () => {
    const home = await homeOn(mountExt4())
    await withImmutable(join(home, 'cert.pem'), async () => {
      const faults = await preflight(frames(home), () => false)
      expect([...faults.keys()]).toEqual([`${home}/cert.pem`])
      expect(faults.get(`${home}/cert.pem`)).toMatchObject({
        code: 'files-failed',
        message: `${home}/cert.pem: expected to replace it, found it immutable`,
      })
    })
  })

  test.each(['key.pem', 'cert.pem'])('%s: the whole set stays old, and nothing is left', async (name) => {
    const home = await homeOn(mountExt4())
    await withImmutable(join(home, name), async () => {
      expect(await failToSwitch(home)).toBe(
        `${home}/${name}: expected to stage it, found EPERM of link on ext4`,
      )
      expect(contentsOf(home)).toEqual(OLD)
    })
  })

  test.each(['key.pem', 'cert.pem'])(
    '%s, made so after staging: the files switched already go back',
    async (name) => {
      const home = await homeOn(mountExt4())
      const path = join(home, name)
      await withImmutable(path, async (protect) => {
        expect(await failToSwitch(home, undefined, protect)).toBe(
          `${path}: expected to switch it, found EPERM of rename on ext4`,
        )
        expect(visible(home)).toEqual(OLD)
      })
      sweepSets([{ ...SET, paths: [path] }], () => false)
      expect(contentsOf(home)).toEqual(OLD)
    },
  )

  test.each([
    ['key.pem', 'cert.pem'],
    ['cert.pem', 'key.pem'],
  ])('%s, met by recovery: %s, switched already, goes back', async (name, other) => {
    const home = await homeOn(mountExt4())
    const journal = interruptSwitch(home, { renamed: [other] })
    await withImmutable(join(home, name), async () => {
      expect(await recoverSwitch(journal)).toEqual([
        {
          material: 'certificate/app',
          outcome: 'undone',
          message: `${join(home, name)}: expected to switch it, found EPERM of rename on ext4, the files of before are back`,
        },
      ])
      expect(visible(home)).toEqual(OLD)
    })
  })

  test('a directory that is immutable fails the set, named by the file', async () => {
    const home = await homeOn(mountExt4())
    await withImmutable(home, async () => {
      expect(await failToSwitch(home)).toBe(
        `${home}/key.pem: expected to stage it, found EPERM of open on ext4`,
      )
    })
    expect(contentsOf(home)).toEqual(OLD)
  })
})

async function homeOn(mounting: Promise<Mounted>): Promise<string> {
  disk = await mounting
  execFileSync('rm', ['-rf', join(disk.path, 'lost+found')])
  return oldHome(disk.path)
}

function oldHome(path: string): string {
  mkdirSync(path, { recursive: true })
  for (const [name, content] of Object.entries(OLD)) writeFileSync(join(path, name), content)
  return path
}

/** The message with which the only set fails; it must. */
async function failToSwitch(
  home: string,
  contents?: Record<string, string>,
  beforeRename: () => unknown = () => undefined,
): Promise<string | undefined> {
  const sets = [setOf(home, 'certificate/app', contents)]
  const { switched, failed, settle } = await switchAll(sets, undefined, beforeRename)
  expect(switched).toEqual([])
  await settle()
  expect(readdirSync(join(root, 'state'))).toEqual([])
  return failed.get('certificate/app')?.message
}

function switchAll(
  sets: FileSet[],
  stateDir = join(root, 'state'),
  beforeRename: () => unknown = () => undefined,
) {
  const owedFor = () => {
    beforeRename()
    return []
  }
  return switchSets({ stateDir, sets, owedFor })
}

const NEW = { 'key.pem': 'new key', 'cert.pem': 'new cert' }

function setOf(
  home: string,
  material: `certificate/${string}`,
  contents: Record<string, string> = NEW,
): FileSet {
  const images = Object.entries(contents).map(([name, content]) => ({
    ...{ path: join(home, name), content: Buffer.from(content) },
    ...{ mode: 0o600, uid: 4242, gid: 4242 },
  }))
  return { material, layout: 'files', images }
}

function frames(home: string) {
  return setOf(home, 'certificate/app').images.map((image) => ({ ...image, ...SET }))
}

/** Immutable for as long as the work lasts; without a call of `protect` from its beginning. */
async function withImmutable(path: string, work: (protect: () => void) => Promise<void>): Promise<void> {
  const protect = () => void execFileSync('chattr', ['+i', path])
  if (work.length === 0) protect()
  try {
    await work(protect)
  } finally {
    execFileSync('chattr', ['-i', path])
  }
}

function contentsOf(home: string): Record<string, string> {
  return Object.fromEntries(readdirSync(home).map((name) => [name, readFileSync(join(home, name), 'utf8')]))
}

function visible(home: string): Record<string, string> {
  return Object.fromEntries(Object.entries(contentsOf(home)).filter(([name]) => !name.startsWith('.')))
}
