/** Whoever owns the directory around a generation cannot make root follow, fill, empty or own anything else. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openHolder } from '../../../src/files/held-directory.ts'
import { preflight } from '../../../src/files/preflight.ts'
import { readVisible } from '../../../src/files/read-visible.ts'
import { setAttributes } from '../../../src/files/set-attributes.ts'
import { sweepSets } from '../../../src/files/switching/sweep-sets.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'
import { describeTree, makeOutside } from './outside.ts'

const APP = 4242
const MIDDLE = '.keyroller-certificate-app'
const FAKE = `${MIDDLE}.0123456789abcdef`
const SET = { material: 'certificate/app', layout: 'generation' } as const

let root: string
let home: string
let target: string
let outside: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-planted-'))
  chmodSync(root, 0o755)
  home = join(root, 'tls')
  target = join(home, 'key.pem')
  outside = join(root, 'outside')
  for (const path of [home, join(root, 'state')]) mkdirSync(path)
  makeOutside(outside)
  chownSync(home, APP, APP)
})
afterEach(() => rm(root, { recursive: true }))

test("what root writes lies in a directory that the app cannot write to, and the key is the app's to read", async () => {
  await roll('key')
  const generation = join(home, readlinkSync(join(home, MIDDLE)))
  expect(lstatSync(generation)).toMatchObject({ uid: 0, mode: 0o41755 })
  const asApp = (...argv: string[]) => ['--reuid', '4242', '--regid', '4242', '--clear-groups', ...argv]
  expect(execFileSync('setpriv', asApp('cat', target), { cwd: '/' }).toString()).toBe('key')
  expect(() => execFileSync('setpriv', asApp('rm', join(generation, 'key.pem')), { stdio: 'pipe' })).toThrow()
})

describe('a generation of the app', () => {
  const PLANTS: [string, () => void][] = [
    ['a directory of its own', () => mkdirAs(join(home, FAKE), APP)],
    ['a link to a directory', () => symlinkSync(outside, join(home, FAKE))],
    ['a directory that root left there', () => mkdirSync(join(home, FAKE))],
    ['a file', () => writeFileSync(join(home, FAKE), '')],
  ]
  test.each(PLANTS)('%s is refused, and nothing in it is read, changed or removed', async (_, plant) => {
    await roll('old')
    plant()
    const inside = fillFake()
    pointMiddle(FAKE)
    const before = [describeTree(outside), inside()]
    expect(read()).toMatchObject({ state: 'refused' })
    await expect(setAttributes(frame())).rejects.toMatchObject({ code: 'files-refused' })
    sweepSets([{ ...SET, paths: [target] }], () => false)
    expect([describeTree(outside), inside()]).toEqual(before)
  })

  test('one that leads nowhere is a file that is missing, and the next roll puts it right', async () => {
    pointMiddle(FAKE)
    symlinkSync(`${MIDDLE}/key.pem`, target)
    expect(read()).toMatchObject({ state: 'missing' })
    await roll('new')
    expect(readFileSync(target, 'utf8')).toBe('new')
  })
})

test('a link that replaces the key in mid-run is not adopted: the set stays, and what it leads to as well', async () => {
  writeFileSync(target, 'old')
  const before = describeTree(outside)
  const fault = await fail(() => {
    rmSync(target)
    symlinkSync(join(outside, 'shadow'), target)
  })
  expect(fault).toMatchObject({ code: 'files-refused' })
  expect(readlinkSync(target)).toBe(join(outside, 'shadow'))
  expect(describeTree(outside)).toEqual(before)
  expect(readdirSync(home)).toEqual(['key.pem'])
})

test('a hard link to a private file is adopted as it is, and let go of', async () => {
  linkSync(join(outside, 'shadow'), target)
  const { ino, mode, uid, gid, mtimeMs, size } = lstatSync(join(outside, 'shadow'))
  for (const mark of ['new', 'newer', 'newest']) await roll(mark)
  const after = lstatSync(join(outside, 'shadow'))
  expect(after).toMatchObject({ ino, mode, uid, gid, mtimeMs, size, nlink: 1 })
})

test('a directory that root keeps there is not emptied, whatever the app renames it to', async () => {
  await roll('old')
  const kept = join(home, '.keyroller-0123456789abcdef.staged')
  mkdirSync(kept, { mode: 0o700 })
  writeFileSync(join(kept, 'precious'), 'precious')
  expect(sweepSets([{ ...SET, paths: [target] }], () => false)).toEqual([])
  renameSync(kept, join(home, FAKE))
  await roll('new')
  await roll('newer')
  expect(readFileSync(join(home, FAKE, 'precious'), 'utf8')).toBe('precious')
})

test('what a killed run left in a directory of ours is swept, links in it as links', async () => {
  await roll('old')
  const left = join(home, '.keyroller-0123456789abcdef.staged')
  mkdirSync(left, { mode: 0o1700 })
  writeFileSync(join(left, 'key.pem'), 'key')
  symlinkSync(join(outside, 'shadow'), join(left, 'cert.pem'))
  const before = describeTree(outside)
  expect(sweepSets([{ ...SET, paths: [target] }], () => false)).toEqual([left])
  expect(describeTree(outside)).toEqual(before)
})

test.each(['/etc', 'outside', FAKE.replace('0', 'g')])(
  'preflight refuses a middle link to %s',
  async (text) => {
    pointMiddle(text)
    const fault = (await preflight([{ ...frame(), ...SET }], () => false)).get(target)
    expect(fault).toMatchObject({ code: 'files-refused' })
    expect(fault?.message).toMatch(/one that leads elsewhere$/)
    expect(readdirSync(home)).toEqual([MIDDLE])
  },
)

test('preflight of a directory that holds nothing yet leaves nothing', async () => {
  expect(await preflight([{ ...frame(), ...SET }], () => false)).toEqual(new Map())
  expect(readdirSync(home)).toEqual([])
})

async function roll(content: string): Promise<void> {
  const { failed, settle } = await rollOnce(content)
  for (const fault of failed.values()) throw fault
  await settle()
}

async function fail(between: () => void) {
  const { failed, settle } = await rollOnce('new', between)
  await settle()
  return failed.get(SET.material)
}

function rollOnce(content: string, between: () => void = () => {}) {
  const images = [{ ...frame(), content: Buffer.from(content) }]
  const owedFor = () => {
    between()
    return []
  }
  return switchSets({ stateDir: join(root, 'state'), sets: [{ ...SET, images }], owedFor })
}

function read() {
  const holder = openHolder()
  try {
    return readVisible(target, holder)
  } finally {
    holder.close()
  }
}

function frame() {
  return { path: target, mode: 0o600, uid: APP, gid: APP, ephemeral: false }
}

function pointMiddle(text: string): void {
  rmSync(join(home, MIDDLE), { force: true })
  symlinkSync(text, join(home, MIDDLE))
}

function mkdirAs(path: string, uid: number): void {
  mkdirSync(path)
  chownSync(path, uid, uid)
}

/** A key in the planted directory, where it is one; gives how it looks. */
function fillFake(): () => string[] {
  const path = join(home, FAKE)
  if (!lstatSync(path).isDirectory()) return () => []
  writeFileSync(join(path, 'key.pem'), 'planted', { mode: 0o600 })
  return () => describeTree(path)
}
