import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { fileSystemOf, findDisk } from '../../../src/files/file-system.ts'
import { type HeldDirectory, holdDirectory } from '../../../src/files/held-directory.ts'
import { preflight } from '../../../src/files/preflight.ts'
import { stageFile } from '../../../src/files/stage-file.ts'
import { switchSets } from '../../../src/files/switch-sets.ts'
import { must } from '../../rig/command.ts'
import { type Mounted, mountExt4, mountOverlay, mountRamfs, mountTmpfs } from './mounts.ts'

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
    expect(fileSystemOf(disk.path)).toBe(name)
    expect(await inHeld(disk.path, (held) => findDisk(held))).toBeUndefined()
    expect(await inHeld(disk.path, (held) => stageFile(held, keyIn(disk.path)))).toMatch(/\.staged$/)
  })
})

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
      [image, { ...image, path: join(disk.path, 'ca.pem'), ephemeral: false }],
      () => false,
    )
    expect([...faults]).toEqual([[image.path, expect.objectContaining(refusal)]])
    const sets = [{ material: 'certificate/app', images: [image] } as const]
    const { failed } = await switchSets({ stateDir: disk.path, sets, owedFor: () => [] })
    expect(failed.get('certificate/app')).toMatchObject(refusal)
    expect(readdirSync(disk.path)).toEqual(before)
  })
})

test('a tmpfs mounted over a directory that is held: what would be written goes to the disk below', async () => {
  disk = await mountExt4()
  await inHeld(disk.path, async (held) => {
    await must(['mount', '-t', 'tmpfs', 'tmpfs', disk.path])
    try {
      expect(fileSystemOf(disk.path)).toBe('tmpfs')
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
