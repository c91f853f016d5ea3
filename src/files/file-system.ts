/** What a directory lies on: for errors that depend on it, and for keys that must never reach a disk. */
import { statfsSync } from 'node:fs'
import { KeyrollerError } from '../core/errors.ts'
import type { HeldDirectory } from './held-directory.ts'

/** By the numbers of statfs(2). One number stands for ext2, ext3 and ext4, and all of FUSE has one. */
const NAMES: Readonly<Record<number, string>> = {
  16914836: 'tmpfs',
  2240043254: 'ramfs',
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  801189825: 'zfs',
  3393526350: 'bcachefs',
  4076150800: 'f2fs',
  2035054128: 'overlay',
  1702057286: 'FUSE',
  19780: 'vfat',
  538032816: 'exfat',
  1397118030: 'ntfs',
  1936094318: 'ntfs3',
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'smb2',
  16914839: '9p',
  12805120: 'ceph',
  1936814952: 'squashfs',
  3774210530: 'erofs',
  38496: 'iso9660',
}

/** The name of the file system of a directory. Links are followed, but for the path of a held directory there are none. */
export function fileSystemOf(directory: string): string {
  const { type } = statfsSync(directory)
  return NAMES[type] ?? `file system 0x${type.toString(16)}`
}

const IN_MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs'])

/** Why nothing ephemeral may be written here, or undefined: the answer is of the directory held, not of its path. */
export function findDisk(directory: HeldDirectory): KeyrollerError | undefined {
  const found = fileSystemOf(directory.at('.'))
  if (IN_MEMORY.has(found)) return undefined
  const message = `${directory.path}: expected tmpfs or ramfs, being ephemeral, found ${found}`
  return new KeyrollerError('files-failed', message, {
    hint: 'mount a tmpfs there, or choose another directory',
  })
}
