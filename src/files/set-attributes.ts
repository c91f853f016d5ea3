import { closeSync, constants, fchmodSync, fchownSync, fstatSync, fsync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { openHolder } from './held-directory.ts'
import { splitPath } from './stage-file.ts'
import { withVisible } from './switching/standing.ts'

export interface Attributes {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

const syncDescriptor = promisify(fsync)

const OPEN_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Sets owner and mode of a configured file in place, under its own name or in its generation: the inode stays, so consumers
 * that hold it open or have it mounted singly are not disturbed. A second hard link is refused: it could be somebody else's file. Throws `files-refused`, `files-failed`.
 */
export async function setAttributes({ path, mode, uid, gid }: Attributes): Promise<void> {
  const holder = openHolder()
  try {
    const { directory, name } = splitPath(path)
    const fd = withVisible(holder.hold(directory), name, (held) => openSync(held, OPEN_FILE))
    if (fd === undefined)
      throw new KeyrollerError('files-failed', `${path}: expected to set its mode and owner, found no file`)
    try {
      const stats = fstatSync(fd)
      if (!stats.isFile() || stats.nlink !== 1) {
        const found = stats.isFile() ? `${stats.nlink} links to it` : 'something else'
        throw new KeyrollerError(
          'files-refused',
          `${path}: expected a regular file with one link, found ${found}`,
        )
      }
      // Narrow first: with the new owner and the old mode, a new group could read what only the owner may.
      fchmodSync(fd, stats.mode & mode)
      fchownSync(fd, uid, gid)
      fchmodSync(fd, mode)
      await syncDescriptor(fd)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw fileFault(path, 'set its mode and owner', cause)
  } finally {
    holder.close()
  }
}
