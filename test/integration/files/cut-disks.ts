/**
 * Disks whose power can be cut: ext4 on loop devices. What the kernel has not been made to write is lost, as with a real
 * cut: EXT4_IOC_SHUTDOWN stops the file system where it stands, without a flush of its journal.
 */
import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must, run } from '../../rig/command.ts'

/** The state directory on the disk of the homes, or on one of its own: no fsync of one then helps the other. */
export const PLACES = ['on one disk', 'on two disks'] as const
export type Place = (typeof PLACES)[number]

export interface CutDisks {
  /** Where the host lies. */
  readonly root: string
  /** Everything so far outlives the cut. */
  readonly sync: () => Promise<void>
  /** Cuts the power of all disks at once and starts them again, as a boot does. Nobody may use them meanwhile. */
  readonly cut: () => Promise<void>
  /** Unmounts, which frees the loop devices, and removes the images. */
  readonly remove: () => Promise<void>
}

interface Disk {
  readonly image: string
  readonly path: string
}

export async function mountCutDisks(place: Place): Promise<CutDisks> {
  const work = await mkdtemp(join(tmpdir(), 'keyroller-cut-'))
  const root = join(work, 'host')
  const homes = { image: join(work, 'homes.ext4'), path: root }
  const state = { image: join(work, 'state.ext4'), path: join(root, 'state') }
  const disks = place === 'on one disk' ? [homes] : [homes, state]
  const remove = async () => {
    await run(['umount', '--recursive', root])
    await rm(work, { recursive: true })
  }
  try {
    for (const disk of disks) await makeDisk(disk)
  } catch (error) {
    await remove()
    throw error
  }
  return {
    root,
    sync: async () => {
      for (const { path } of disks) await must(['sync', '--file-system', path])
    },
    cut: async () => {
      for (const { path } of disks) await must(['perl', '-e', SHUTDOWN, path])
      await must(['umount', '--recursive', root])
      for (const disk of disks) await replug(disk)
    },
    remove,
  }
}

async function makeDisk(disk: Disk): Promise<void> {
  await must(['truncate', '--size', '8M', disk.image])
  await must(['mkfs.ext4', '-q', disk.image])
  mkdirSync(disk.path)
  await mountDisk(disk)
  await must(['chmod', '0700', disk.path])
  await must(['rmdir', join(disk.path, 'lost+found')])
}

/**
 * As another disk with the same bytes: whoever made a mount namespace meanwhile, a container say, has a copy of the mount and
 * keeps the stopped file system alive, and mounted again it would be that one.
 */
async function replug(disk: Disk): Promise<void> {
  await must(['cp', '--sparse=always', disk.image, `${disk.image}.next`])
  await must(['mv', `${disk.image}.next`, disk.image])
  await mountDisk(disk)
}

/**
 * The hardest ext4 there is: nothing is written by and by (`commit`), and a rename over a file does not write its bytes
 * (`noauto_da_alloc`), which hides a missing fsync elsewhere (ext4(5)).
 */
async function mountDisk({ image, path }: Disk): Promise<void> {
  await must(['mount', '-t', 'ext4', '-o', 'loop,noauto_da_alloc,commit=600', image, path])
}

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h). */
const SHUTDOWN =
  'my $how = pack("L", 2); open(my $fs, "<", $ARGV[0]) or die $!; ioctl($fs, 0x8004587d, $how) or die $!'
