/** The process that a pid file names, when the file can be believed. */
import { constants } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'
import { octal } from '../core/deciding/file-drift.ts'
import { KeyrollerError } from '../core/errors.ts'

export interface PidFile {
  readonly pid: number
  readonly ownerUid: number
  readonly writtenMs: number
}

const MAX_BYTES = 64

/**
 * Checked on the open file: a regular one, at this very path, that nobody but its owner can write. A link, in the path
 * too, would let an app lead root to the pid file of another. Rejects with `target-missing` when there is none, and with
 * `reload-failed` for one that is not to be believed.
 */
export async function readPidFile(path: string): Promise<PidFile> {
  const file = await openPidFile(path)
  try {
    const stats = await file.stat()
    const where = await readlink(`/proc/self/fd/${file.fd}`)
    if (where !== path) throw distrusted(path, `no link in its path, found it at ${where}`)
    if (!stats.isFile()) throw distrusted(path, 'a regular file, found something else')
    if ((stats.mode & 0o022) !== 0)
      throw distrusted(path, `no write for group and others, found mode ${octal(stats.mode & 0o777)}`)
    return { pid: await readPid(file, path), ownerUid: stats.uid, writtenMs: stats.mtimeMs }
  } finally {
    await file.close()
  }
}

/** O_NONBLOCK: opening a FIFO must not wait for a writer. */
async function openPidFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new KeyrollerError('target-missing', `expected a pid file ${path}, found none`)
    throw distrusted(path, code === 'ELOOP' ? 'no link, found one' : `to read it, found ${code}`)
  }
}

async function readPid(file: FileHandle, path: string): Promise<number> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0)
  const text = buffer.toString('latin1', 0, bytesRead).trim()
  const pid = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  // 1 is the machine itself, and nothing that keyroller may signal.
  if (pid > 1) return pid
  throw distrusted(path, 'one pid above 1, found something else')
}

function distrusted(path: string, expectedAndFound: string): KeyrollerError {
  return new KeyrollerError('reload-failed', `${path}: expected ${expectedAndFound}`)
}
