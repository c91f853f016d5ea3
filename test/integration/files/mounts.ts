import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { must } from '../../rig/command.ts'

/** A file system of its own. */
export interface Mounted {
  readonly path: string
  readonly remount: (options: string) => Promise<void>
  /** Unmounts, and removes what was made for it. */
  readonly remove: () => Promise<void>
}

/** A tmpfs of so many bytes (tmpfs(5): `size`, `nr_inodes`). */
export function mountTmpfs(options: string): Promise<Mounted> {
  return mount(async () => ['-t', 'tmpfs', '-o', options, 'tmpfs'])
}

/** A ramfs, which has no limit and never goes to swap. */
export function mountRamfs(): Promise<Mounted> {
  return mount(async () => ['-t', 'ramfs', 'ramfs'])
}

/** An overlay, as every container has one. */
export function mountOverlay(): Promise<Mounted> {
  return mount(async (work) => {
    const layers = ['lower', 'upper', 'work'].map((name) => join(work, name))
    await must(['mkdir', ...layers])
    const options = layers.map((path) => `${basename(path)}dir=${path}`).join(',')
    return ['-t', 'overlay', '-o', options, 'overlay']
  })
}

/** An ext4 on a loop device, whatever the temporary directory lies on: chattr(1) and real disk errors need one. */
export function mountExt4(): Promise<Mounted> {
  return mount(async (work) => {
    const image = join(work, 'image')
    await must(['truncate', '--size', '16M', image])
    await must(['mkfs.ext4', '-q', image])
    return ['-o', 'loop', image]
  })
}

/** A volume that knows no owners, modes or links. Through FUSE: not every kernel brings the driver. */
export function mountExfat(): Promise<Mounted> {
  return mount(async (work) => {
    const image = join(work, 'image')
    await must(['truncate', '--size', '16M', image])
    await must(['mkfs.exfat', image])
    return ['-t', 'exfat-fuse', '-o', 'loop', image]
  })
}

async function mount(prepare: (work: string) => Promise<readonly string[]>): Promise<Mounted> {
  const work = await mkdtemp(join(tmpdir(), 'keyroller-mount-'))
  const path = join(work, 'mounted')
  await must(['mkdir', path])
  await must(['mount', ...(await prepare(work)), path])
  return {
    path,
    remount: async (options) => void (await must(['mount', '-o', `remount,${options}`, path])),
    remove: async () => {
      await must(['umount', path])
      await rm(work, { recursive: true })
    },
  }
}
