/**
 * A directory held open, reached without following a single link. Everything below goes through `/proc/self/fd/N/`, so a
 * directory swapped under its name after it was opened cannot lead a write elsewhere. Node has no openat(2); the magic link
 * resolves to the open file description itself (proc_pid_fd(5)), which is the same promise.
 */
import { closeSync, constants, fsync, openSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'

export interface HeldDirectory {
  readonly path: string
  /** The path under which to reach an entry of this directory, whatever its own path has become. */
  at(name: string): string
  /** A directory in this one, held in turn; its name is not followed when it is a link. Throws the plain system error. */
  inside(name: string): HeldDirectory
  /** Makes renames and new names durable. */
  sync(): Promise<void>
  close(): void
}

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** Opens an absolute directory component by component. Throws `files-refused` on a link, `files-failed` on all else. */
export function holdDirectory(path: string): HeldDirectory {
  let fd = openSync('/', OPEN_DIRECTORY)
  for (const part of path.split('/').filter((one) => one !== '')) {
    const parent = fd
    try {
      fd = openSync(`/proc/self/fd/${parent}/${part}`, OPEN_DIRECTORY)
    } catch (cause) {
      throw describeObstacle(path, part, cause as NodeJS.ErrnoException)
    } finally {
      closeSync(parent)
    }
  }
  return heldBy(fd, path)
}

function heldBy(fd: number, path: string): HeldDirectory {
  const at = (name: string) => `/proc/self/fd/${fd}/${name}`
  return {
    path,
    at,
    inside: (name) => heldBy(openSync(at(name), OPEN_DIRECTORY), join(path, name)),
    sync: () => syncDescriptor(fd),
    close: () => closeSync(fd),
  }
}

const syncDescriptor = promisify(fsync)

/**
 * Syncs directories side by side. Resolves to the faults by path, never rejects, and only when every fsync is over: no
 * descriptor may be closed under one.
 */
export async function syncDirectories(
  directories: readonly HeldDirectory[],
): Promise<Map<string, KeyrollerError>> {
  const faults = new Map<string, KeyrollerError>()
  await Promise.all(
    directories.map(({ path, sync }) =>
      sync().catch((cause) => faults.set(path, fileFault(path, 'make its names durable', cause))),
    ),
  )
  return faults
}

/** O_DIRECTORY with O_NOFOLLOW answers ENOTDIR for a link (open(2)), whatever the link points at. */
function describeObstacle(path: string, part: string, cause: NodeJS.ErrnoException): KeyrollerError {
  switch (cause.code) {
    case 'ENOTDIR':
    case 'ELOOP':
      return new KeyrollerError(
        'files-refused',
        `${path}: expected ${part} to be a directory, found a link or file`,
        { cause },
      )
    case 'ENOENT':
      return new KeyrollerError('files-failed', `${path}: expected a directory, found no ${part}`, {
        cause,
        hint: `install -d -m 0750 ${path}, owned by the app`,
      })
    default:
      return new KeyrollerError('files-failed', `${path}: expected to open ${part}, found ${cause.code}`, {
        cause,
      })
  }
}

/** Holds each directory once for as long as one piece of work lasts. */
export interface DirectoryHolder {
  hold(path: string): HeldDirectory
  held(): readonly HeldDirectory[]
  close(): void
}

export function openHolder(): DirectoryHolder {
  const directories = new Map<string, HeldDirectory>()
  return {
    hold(path) {
      const held = directories.get(path) ?? holdDirectory(path)
      directories.set(path, held)
      return held
    },
    held: () => [...directories.values()],
    close() {
      for (const directory of directories.values()) directory.close()
      directories.clear()
    },
  }
}
