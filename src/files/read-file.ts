import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'
import type { DirectoryHolder } from './held-directory.ts'

/** Larger than any chain keyroller accepts; a hostile owner must not make root read a disk image. */
const MAX_BYTES = 256 * 1024

export type FileReading =
  | {
      readonly state: 'present'
      readonly mode: number
      readonly uid: number
      readonly gid: number
      readonly content: Buffer
    }
  | { readonly state: 'missing' | 'unreadable' | 'refused'; readonly why: string }

/** Bytes, mode and owner of one regular file, taken from one descriptor and without following a link. Never throws. */
export function readFile(path: string, holder: DirectoryHolder): FileReading {
  try {
    return readFrom(holder.hold(dirname(path)).at(basename(path)))
  } catch (error) {
    return describe(error)
  }
}

/** O_NONBLOCK: a FIFO planted under the name must not hang the run. */
function readFrom(path: string): FileReading {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) return { state: 'refused', why: `expected a regular file, found ${kindOf(stats)}` }
    if (stats.size > MAX_BYTES) {
      return { state: 'refused', why: `expected at most ${MAX_BYTES} bytes, found ${stats.size}` }
    }
    const content = Buffer.alloc(stats.size)
    const length = readFully(fd, content)
    return {
      state: 'present',
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      content: content.subarray(0, length),
    }
  } finally {
    closeSync(fd)
  }
}

function readFully(fd: number, into: Buffer): number {
  let offset = 0
  while (offset < into.length) {
    const count = readSync(fd, into, offset, into.length - offset, offset)
    if (count === 0) break
    offset += count
  }
  return offset
}

function describe(error: unknown): FileReading {
  if (error instanceof KeyrollerError) {
    const missing = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (missing) return { state: 'missing', why: error.message }
    return { state: error.code === 'files-refused' ? 'refused' : 'unreadable', why: error.message }
  }
  const code = (error as NodeJS.ErrnoException).code ?? 'an error'
  if (code === 'ENOENT') return { state: 'missing', why: 'expected a file, found none' }
  if (code === 'ELOOP') return { state: 'refused', why: 'expected a regular file, found a symbolic link' }
  if (code === 'ENXIO') return { state: 'refused', why: 'expected a regular file, found a socket' }
  return { state: 'unreadable', why: `expected to read it, found ${code}` }
}

/** What stands under a name where only a regular file or nothing may stand; undefined when nothing is wrong. */
export function findIntruder(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.isFile() ? undefined : kindOf(stats)
}

/** Throws `files-refused` for an intruder; `path` is what the operator knows the name as. */
export function refuseIntruder(heldPath: string, path: string): void {
  const intruder = findIntruder(heldPath)
  if (intruder === undefined) return
  throw new KeyrollerError('files-refused', `${path}: expected a regular file or none, found ${intruder}`)
}

interface Kinds {
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
}

function kindOf(stats: Kinds): string {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}
