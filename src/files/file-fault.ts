import { dirname } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'
import { type FileSystem, fileSystemOf } from './file-system.ts'

/** Node has no name for it: disk quota exceeded (errno(3)). */
const EDQUOT = -122

/** The error of a file that could not be written: path, what the system said, and of the file system what matters. */
export function fileFault(path: string, action: string, cause: unknown): KeyrollerError {
  if (cause instanceof KeyrollerError) return cause
  const message = `${path}: expected to ${action}, found ${describeSystemError(path, cause)}`
  return new KeyrollerError('files-failed', message, { cause })
}

/** Faults that are those of a file system: full, broken, read-only, or one that cannot do what was asked. */
const OF_FILE_SYSTEM: ReadonlySet<string> = new Set(['EIO', 'ENOSYS', 'ENOTSUP', 'EPERM', 'EROFS'])

/** What the system said of a path, as an operator reads it. */
export function describeSystemError(path: string, error: unknown): string {
  const { code, errno, message, syscall } = error as NodeJS.ErrnoException
  if (errno === EDQUOT) return `EDQUOT, the disk quota is used up, ${freeSpace(placeOf(path))}`
  if (code === 'ENOSPC') return `ENOSPC, ${freeSpace(placeOf(path))}`
  if (code === undefined || !OF_FILE_SYSTEM.has(code)) return code ?? message
  const place = placeOf(path)
  return `${code}${syscall === undefined ? '' : ` of ${syscall}`}${place ? ` on ${place.name}` : ''}`
}

function freeSpace(place: FileSystem | undefined): string {
  if (place === undefined) return 'free space unknown'
  return `${place.freeBytes} bytes and ${place.freeInodes} inodes free on ${place.name}`
}

/** Of the path itself, which may be where something is mounted; of its directory when it is not there yet. */
function placeOf(path: string): FileSystem | undefined {
  for (const one of [path, dirname(path)]) {
    try {
      return fileSystemOf(one)
    } catch {}
  }
  return undefined
}
