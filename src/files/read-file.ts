import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'
import { MAX_FILE_BYTES } from '../core/file-spec.ts'
import type { DirectoryHolder } from './held-directory.ts'
import { isThere } from './remove-file.ts'
import { kindOf } from './switching/standing.ts'

export type FileReading =
  | {
      readonly state: 'present'
      readonly mode: number
      readonly uid: number
      readonly gid: number
      readonly inode: number
      readonly mtimeMs: number
      readonly content: Buffer
    }
  | { readonly state: 'missing' | 'unreadable' | 'refused'; readonly why: string }

/** Bytes, mode and owner of one regular file, taken from one descriptor and without following a link. Never throws. */
export function readFile(path: string, holder: DirectoryHolder): FileReading {
  try {
    const held = holder.hold(dirname(path)).at(basename(path))
    return isThere(held) ? readHeld(held) : NOT_THERE
  } catch (error) {
    return describeReadFault(error)
  }
}

const NOT_THERE = { state: 'missing', why: 'expected a file, found none' } as const

/** The same of a path below a held directory. O_NONBLOCK: a FIFO planted under the name must not hang the run. Throws. */
export function readHeld(path: string): FileReading {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) return { state: 'refused', why: `expected a regular file, found ${kindOf(stats)}` }
    if (stats.size > MAX_FILE_BYTES) {
      return { state: 'refused', why: `expected at most ${MAX_FILE_BYTES} bytes, found ${stats.size}` }
    }
    const content = Buffer.alloc(stats.size)
    const length = readFully(fd, content)
    return {
      state: 'present',
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      inode: stats.ino,
      mtimeMs: stats.mtimeMs,
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

/** What came of a reading that threw. */
export function describeReadFault(error: unknown): FileReading {
  if (error instanceof KeyrollerError) {
    const missing = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (missing) return { state: 'missing', why: error.message }
    return { state: error.code === 'files-refused' ? 'refused' : 'unreadable', why: error.message }
  }
  const code = (error as NodeJS.ErrnoException).code ?? 'an error'
  if (code === 'ENOENT') return NOT_THERE
  if (code === 'ELOOP') return { state: 'refused', why: 'expected a regular file, found a symbolic link' }
  if (code === 'ENXIO') return { state: 'refused', why: 'expected a regular file, found a socket' }
  return { state: 'unreadable', why: `expected to read it, found ${code}` }
}
