/** keyroller's own private files: state, journal, status. The only home of write-file-atomic. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import { describeSystemError } from '../file-fault.ts'
import { removeFile, removeQuietly } from '../remove-file.ts'

export interface OwnFile {
  readonly path: string
  readonly text: string
  readonly mode: number
  /** Survives a power cut once resolved; without it only a crash of keyroller. */
  readonly durable: boolean
}

/**
 * Replaces a file of keyroller's own. write-file-atomic 8 reports success after a short write and never syncs the directory:
 * so it writes beside the file, what it wrote is read back, and only then the name is taken and the directory synced. A disk
 * that is full costs no good file. It also follows a linked target and takes a predictable temporary name: hence only in
 * directories that `ensureOwnDirectory` has vouched for. One save of a path at a time. Throws `state-failed`.
 */
export async function saveOwnFile({ path, text, mode, durable }: OwnFile): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic')
  const fresh = `${path}.new`
  try {
    await writeFileAtomic(fresh, text, { mode, fsync: durable, encoding: 'utf8' })
    if (readFileSync(fresh, 'utf8') !== text) throw new Error('other bytes than were written')
    renameSync(fresh, path)
    if (durable) syncDirectory(dirname(path))
  } catch (cause) {
    removeQuietly(fresh)
    throw ownFault(path, 'save it', cause)
  }
}

/** The text of a file of keyroller's own, or undefined when there is none. Throws `state-failed` on all else. */
export function readOwnFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw ownFault(path, 'read it', cause)
  }
}

/** Durable; a file that is not there is removed already. Throws `state-failed`. */
export function removeOwnFile(path: string): void {
  try {
    removeFile(path)
    syncDirectory(dirname(path))
  } catch (cause) {
    throw ownFault(path, 'remove it', cause)
  }
}

/** A file not yet whole, also as write-file-atomic calls it before that (`getTmpname`): with a dot and 32 bits in decimal. */
const TEMPORARY = /^[\w.-]+\.json\.new(?:\.\d{1,10})?$/

/** Proves that so many bytes can be kept here, by keeping them for a moment. Throws `state-failed`. */
export function tryOwnDirectory(path: string, bytes: number): void {
  const trial = join(path, 'trial.json.new')
  const text = 'x'.repeat(bytes)
  try {
    writeFileSync(trial, text, { mode: 0o600 })
    if (readFileSync(trial, 'utf8') !== text) throw new Error('other bytes than were written')
  } catch (cause) {
    throw ownFault(path, `keep ${bytes} bytes`, cause)
  } finally {
    removeQuietly(trial)
  }
}

/** Removes what killed runs left half written. Needs the host lock. */
export function sweepOwnDirectory(path: string): void {
  const entries = readdirSync(path, { withFileTypes: true })
  for (const entry of entries) {
    if (TEMPORARY.test(entry.name) && !entry.isDirectory()) removeOwnFile(join(path, entry.name))
  }
}

/** Makes the last level when it is missing, for a user also those above; refuses a directory that others own or may write to. Throws `state-failed`. */
export function ensureOwnDirectory(path: string, mode: number, uid: number): void {
  const isNew = makeDirectory(path, mode, uid)
  const fd = openDirectory(path)
  try {
    // mkdir(2) takes the umask off, and others must be able to read the status below the runtime directory.
    if (isNew) setMode(fd, mode, path)
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

function setMode(fd: number, mode: number, path: string): void {
  try {
    fchmodSync(fd, mode)
  } catch (cause) {
    throw ownFault(path, 'set its mode', cause)
  }
}

/** A user's `~/.local/state` may not be there yet; the system's directories are, and a path mistyped by root must not grow. */
function makeDirectory(path: string, mode: number, uid: number): boolean {
  try {
    if (uid !== 0) mkdirSync(dirname(path), { mode: 0o700, recursive: true })
    mkdirSync(path, { mode })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw ownFault(path, 'make this directory', cause)
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (cause) {
    const isOther = (cause as NodeJS.ErrnoException).code === 'ENOTDIR'
    if (!isOther) throw ownFault(path, 'open this directory', cause)
    throw new KeyrollerError('state-failed', `${path}: expected a directory, found a link or file`, { cause })
  }
}

/** Makes new and removed names durable. Throws `state-failed`. */
export function syncOwnDirectory(path: string): void {
  try {
    syncDirectory(path)
  } catch (cause) {
    throw ownFault(path, 'make its names durable', cause)
  }
}

/** What befell a file of keyroller's own, as an operator reads it. */
export function ownFault(path: string, action: string, cause: unknown): KeyrollerError {
  const message = `${path}: expected to ${action}, found ${describeSystemError(path, cause)}`
  const isForbidden = (cause as NodeJS.ErrnoException).code === 'EACCES'
  return new KeyrollerError('state-failed', message, { cause, ...(isForbidden ? { hint: FORBIDDEN } : {}) })
}

const FORBIDDEN =
  'run keyroller as whoever it keeps keys for, root on most hosts; status.json in its runtime directory is for everybody'

function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
