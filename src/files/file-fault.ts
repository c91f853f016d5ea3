import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'

/** Node has no name for it: disk quota exceeded (errno(3)). */
const EDQUOT = -122

/** The error of a file that could not be written: path, what the system said, and the space left where that matters. */
export function fileFault(path: string, action: string, cause: unknown): KeyrollerError {
  if (cause instanceof KeyrollerError) return cause
  const message = `${path}: expected to ${action}, found ${describeSystemError(path, cause)}`
  return new KeyrollerError('files-failed', message, { cause })
}

/** What the system said of a path, as an operator reads it. */
export function describeSystemError(path: string, error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const found = errno === EDQUOT ? 'EDQUOT, the disk quota is used up' : (code ?? message)
  return errno === EDQUOT || code === 'ENOSPC' ? `${found}, ${freeSpace(path)}` : found
}

function freeSpace(path: string): string {
  try {
    const { bavail, bsize, ffree } = statfsSync(dirname(path))
    return `${bavail * bsize} bytes and ${ffree} inodes free`
  } catch {
    return 'free space unknown'
  }
}
