import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { fileSystemOf } from '../../../src/files/file-system.ts'
import { type HeldDirectory, holdDirectory } from '../../../src/files/held-directory.ts'
import { findDisk } from '../../../src/files/in-memory.ts'
import { type PreflightTarget, preflight } from '../../../src/files/preflight.ts'
import { stageFile } from '../../../src/files/stage-file.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'
import { must } from '../../rig/command.ts'
import { type Mounted, mountExfat, mountExt4, mountOverlay, mountRamfs, mountTmpfs } from './mounts.ts'

const MESSAGE = (path: string, found: string) =>
  `${path}: expected tmpfs or ramfs, being ephemeral, found ${found}`

let disk: Mounted
afterEach(() => disk.remove())

describe.each([
  ['tmpfs', () => mountTmpfs('size=1M')],
  ['ramfs', mountRamfs],
])('%s', (name, mount) => {
  test('is memory, and what is ephemeral is staged there', async () => {
    disk = await mount()
    expect(fileSystemOf(disk.path).name).toBe(name)
    expect(await inHeld(disk.path, (held) => findDisk(held))).toBeUndefined()
    expect(await inHeld(disk.path, (held) => stageFile(held, keyIn(disk.path)))).toMatch(/\.staged$/)
  })
})

const SET = { material: 'certificate/app', layout: 'files' } as const

describe.each([
  ['ext4', mountExt4],
  ['overlay', mountOverlay],
])('%s', (name, mount) => {
  test('is no memory: nothing ephemeral is written there, by trial, by staging or by a switch', async () => {
    disk = await mount()
    const [image, message] = [keyIn(disk.path), MESSAGE(disk.path, name)]
    const before = readdirSync(disk.path)
    const refusal = { code: 'files-failed', message }
    expect(await inHeld(disk.path, (held) => findDisk(held))).toMatchObject(refusal)
    await expect(inHeld(disk.path, (held) => stageFile(held, image))).rejects.toMatchObject(refusal)
    const faults = await preflight(
      [image, { ...image, path: join(disk.path, 'ca.pem'), ephemeral: false }].map((one) => ({
        ...one,
        ...SET,
      })),
      () => false,
    )
    expect([...faults]).toEqual([[image.path, expect.objectContaining(refusal)]])
    const sets = [{ ...SET, images: [image] }]
    const { failed } = await switchSets({ stateDir: disk.path, sets, owedFor: () => [] })
    expect(failed.get('certificate/app')).toMatchObject(refusal)
    expect(readdirSync(disk.path)).toEqual(before)
  })
})

describe('exfat', () => {
  test.each<[string, Partial<PreflightTarget>, string]>([
    [
      'modes',
      { mode: 0o640 },
      'DIR/key.pem: expected to write beside it, found mode 0777 on FUSE where 0640 was set',
    ],
    [
      'owners',
      { uid: 4242, gid: 4242 },
      'DIR/key.pem: expected to write beside it, found EPERM of fchown on FUSE',
    ],
    [
      'links',
      { mode: 0o777 },
      'DIR: expected to keep hard links to what is replaced, found EPERM of link on FUSE',
    ],
  ])(
    'keeps no %s: told before Vault is asked, and nothing of the trial stays',
    async (_, changes, message) => {
      disk = await mountExfat()
      const target = { path: join(disk.path, 'key.pem'), mode: 0o600, uid: 0, gid: 0, ...SET, ...changes }
      const [fault] = (await preflight([target], () => false)).values()
      expect(fault?.message.replaceAll(disk.path, 'DIR')).toBe(message)
      expect(fault?.code).toBe('files-failed')
      expect(readdirSync(disk.path)).toEqual([])
    },
  )

  test('keeps no generation: told before Vault is asked, and nothing of the trial stays', async () => {
    disk = await mountExfat()
    const path = join(disk.path, 'key.pem')
    const target = { path, mode: 0o777, uid: 0, gid: 0, ...SET, layout: 'generation' } as const
    const [fault] = (await preflight([target], () => false)).values()
    expect(fault?.message).toMatch(/expected a generation of keyroller's own, found owner 0 and mode 0777$/)
    expect(readdirSync(disk.path)).toEqual([])
  })

  test('a mode that happens to be its own hides no other', async () => {
    disk = await mountExfat()
    const target = { path: join(disk.path, 'key.pem'), mode: 0o777, uid: 0, gid: 0, ...SET }
    const faults = await preflight(
      [target, { ...target, path: join(disk.path, 'ca.pem'), mode: 0o644 }],
      () => false,
    )
    expect(
      [...faults].map(([path, { message }]) => `${basename(path)}: ${message.replace(/^.*, /, '')}`).sort(),
    ).toEqual(['ca.pem: found mode 0777 on FUSE where 0644 was set', 'key.pem: found EPERM of link on FUSE'])
  })
})

test('a tmpfs mounted over a directory that is held: what would be written goes to the disk below', async () => {
  disk = await mountExt4()
  await inHeld(disk.path, async (held) => {
    await must(['mount', '-t', 'tmpfs', 'tmpfs', disk.path])
    try {
      expect(fileSystemOf(disk.path).name).toBe('tmpfs')
      expect(findDisk(held)?.message).toBe(MESSAGE(disk.path, 'ext4'))
    } finally {
      await must(['umount', disk.path])
    }
  })
})

async function inHeld<T>(path: string, work: (directory: HeldDirectory) => T | Promise<T>): Promise<T> {
  const directory = holdDirectory(path)
  try {
    return await work(directory)
  } finally {
    directory.close()
  }
}

function keyIn(directory: string) {
  const content = Buffer.from('key')
  return { path: join(directory, 'key.pem'), content, mode: 0o600, uid: 0, gid: 0, ephemeral: true }
}
