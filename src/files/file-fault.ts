import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'

/** Node has no name for it: disk quota exceeded (errno(3)). */
const EDQUOT = -122

/** The error of a file that could not be written: path, what the system said, and the space left where that matters. */
export function fileFault(path: string, action: string, cause: unknown): KeyrollerError {
  if (cause instanceof KeyrollerError) return cause
  const { code, errno } = cause as NodeJS.ErrnoException
  const found = errno === EDQUOT ? 'EDQUOT, the disk quota is used up' : (code ?? (cause as Error).message)
  const space = errno === EDQUOT || code === 'ENOSPC' ? `, ${freeSpace(path)}` : ''
  return new KeyrollerError('files-failed', `${path}: expected to ${action}, found ${found}${space}`, {
    cause,
  })
}

function freeSpace(path: string): string {
  try {
    const { bavail, bsize, ffree } = statfsSync(dirname(path))
    return `${bavail * bsize} bytes and ${ffree} inodes free`
  } catch {
    return 'free space unknown'
  }
}
