/** keyroller's own private files: state, journal, status. The only home of write-file-atomic. */
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'

export interface OwnFile {
  readonly path: string
  readonly text: string
  readonly mode: number
  /** Survives a power cut once resolved; without it only a crash of keyroller. */
  readonly durable: boolean
}

/**
 * Replaces a file of keyroller's own. write-file-atomic 8 reports success after a short write and never syncs the directory,
 * so the file is read back and compared, and the directory is synced here. It also follows a linked target and takes a
 * predictable temporary name: hence only in directories that `ensureOwnDirectory` has vouched for. Throws `state-failed`.
 */
export async function saveOwnFile({ path, text, mode, durable }: OwnFile): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic')
  try {
    await writeFileAtomic(path, text, { mode, fsync: durable, encoding: 'utf8' })
    if (readFileSync(path, 'utf8') !== text) throw new Error('read back other bytes than were written')
    if (durable) syncDirectory(dirname(path))
  } catch (cause) {
    throw new KeyrollerError(
      'state-failed',
      `${path}: expected to save it, found ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** The text of a file of keyroller's own, or undefined when there is none. Throws `state-failed` on all else. */
export function readOwnFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KeyrollerError(
      'state-failed',
      `${path}: expected to read it, found ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** Makes the last level when it is missing; refuses a directory that others own or may write to. Throws `state-failed`. */
export function ensureOwnDirectory(path: string, mode: number, uid: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      const found = (cause as Error).message
      throw new KeyrollerError('state-failed', `${path}: expected to make this directory, found ${found}`, {
        cause,
      })
    }
  }
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const stats = fstatSync(fd)
    if (stats.uid === uid && (stats.mode & 0o022) === 0) return
    const found = `owner ${stats.uid} and mode ${(stats.mode & 0o777).toString(8)}`
    throw new KeyrollerError(
      'state-failed',
      `${path}: expected owner ${uid} and no write for others, found ${found}`,
    )
  } finally {
    closeSync(fd)
  }
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
