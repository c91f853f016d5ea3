import { randomBytes } from 'node:crypto'
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, fsync, openSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { octal } from '../core/deciding/file-drift.ts'
import { fileSystemOf } from './file-system.ts'
import type { HeldDirectory } from './held-directory.ts'
import { findDisk } from './in-memory.ts'
import { removeQuietly } from './remove-file.ts'

/** One file as it shall be. */
export interface FileImage {
  readonly path: string
  readonly content: Buffer
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Written to tmpfs or ramfs only. */
  readonly ephemeral?: boolean
}

const syncDescriptor = promisify(fsync)

/** A name for what is staged, random, so that nobody can have planted it. */
export function stagedName(): string {
  return `.keyroller-${randomBytes(8).toString('hex')}.staged`
}

/**
/**
 * Writes an image into a directory, beside its target unless a name is given, never over or through what is there (O_EXCL,
 * O_NOFOLLOW), durable and with its final owner and mode. The key is readable to its new owner only once it is complete: owner
 * and mode are set by descriptor, after the last byte. What is ephemeral is refused here, too, because a tmpfs can be
 * unmounted in mid-run. Resolves to the staged name; throws the plain system error or, for a disk, `files-failed`, and leaves
 * nothing behind.
 */
export async function stageFile(
  directory: Pick<HeldDirectory, 'path' | 'at'>,
  image: FileImage,
  name = stagedName(),
): Promise<string> {
  const disk = image.ephemeral ? findDisk(directory) : undefined
  if (disk) throw disk
  const path = directory.at(name)
  const fd = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  )
  try {
    writeFully(fd, image.content)
    fchownSync(fd, image.uid, image.gid)
    fchmodSync(fd, image.mode)
    refuseOtherAttributes(fd, image, directory)
    // Whoever is staged along writes first: a new file waits for the commit that a sync under way has begun (jbd2).
    await nextTurn()
    await syncDescriptor(fd)
    return name
  } catch (error) {
    removeQuietly(path)
    throw error
  } finally {
    closeSync(fd)
  }
}

/**
 * write(2) may write less than asked, on a full disk above all; the next call then says why. A file system that counts bytes
 * as written and loses them is found by the size: no position is passed, so what is lost leaves the file short.
 */
function writeFully(fd: number, content: Buffer): void {
  let offset = 0
  while (offset < content.length) offset += writeSync(fd, content, offset, content.length - offset)
  const { size } = fstatSync(fd)
  if (size !== content.length) throw new Error(`${size} of ${content.length} bytes written`)
}

/** exfat, vfat and some of FUSE and CIFS have no owners or modes of their own: they say yes and keep what they have. */
function refuseOtherAttributes(
  fd: number,
  { mode, uid, gid }: FileImage,
  directory: Pick<HeldDirectory, 'at'>,
): void {
  const found = fstatSync(fd)
  const place = () => fileSystemOf(directory.at('.')).name
  if ((found.mode & 0o7777) !== mode)
    throw new Error(`mode ${octal(found.mode & 0o7777)} on ${place()} where ${octal(mode)} was set`)
  if (found.uid !== uid || found.gid !== gid)
    throw new Error(`owner ${found.uid}:${found.gid} on ${place()} where ${uid}:${gid} was set`)
}

/** A name for the previous file of a target while the switch is under way. */
export function previousName(): string {
  return `.keyroller-${randomBytes(8).toString('hex')}.previous`
}

export function splitPath(path: string): { directory: string; name: string } {
  return { directory: dirname(path), name: basename(path) }
}
