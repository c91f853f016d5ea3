import { KeyrollerError } from '../core/errors.ts'
import { fileSystemOf } from './file-system.ts'
import type { HeldDirectory } from './held-directory.ts'

const IN_MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs'])

/** Why nothing ephemeral may be written here, or undefined: the answer is of the directory held, not of its path. */
export function findDisk(directory: Pick<HeldDirectory, 'path' | 'at'>): KeyrollerError | undefined {
  const { name } = fileSystemOf(directory.at('.'))
  if (IN_MEMORY.has(name)) return undefined
  const message = `${directory.path}: expected tmpfs or ramfs, being ephemeral, found ${name}`
  return new KeyrollerError('files-failed', message, {
    hint: 'mount a tmpfs there, or choose another directory',
  })
}
