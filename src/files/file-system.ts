import { statfsSync } from 'node:fs'

/** By the numbers of statfs(2). One number stands for ext2, ext3 and ext4, and one for whatever FUSE brings. */
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

export interface FileSystem {
  readonly name: string
  /** For whoever is not root. */
  readonly freeBytes: number
  readonly freeInodes: number
  /** False where inodes are made as they are needed, and none are said to be free. */
  readonly countsInodes: boolean
}

/** The file system of a path, links followed; under the path of a held directory there are none. Throws the system error. */
export function fileSystemOf(path: string): FileSystem {
  const { type, bavail, bsize, files, ffree } = statfsSync(path)
  const name = NAMES[type] ?? `file system 0x${type.toString(16)}`
  return { name, freeBytes: bavail * bsize, freeInodes: ffree, countsInodes: files > 0 }
}
