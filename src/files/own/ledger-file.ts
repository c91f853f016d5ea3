/**
 * The file of the ledger that grows. No entry in it is ever changed or removed, so that it may be append-only for the kernel
 * too (`chattr +a`, which only puts off that a new file is begun): what a crash cut off stays, and the next entry names it.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { TornLine } from '../../core/ledger/entry.ts'
import { type LedgerHead, NO_ENTRY } from '../../core/ledger/head.ts'
import type { LedgerLine } from '../../core/ledger/ledger-line.ts'
import { readEntry } from '../../core/ledger/read-entry.ts'
import { ledgerFault } from './ledger-fault.ts'
import { archiveName, LEDGER_NAME } from './ledger-names.ts'
import { syncOwnDirectory } from './own-file.ts'
import { ledgerPaths, splitLines } from './read-ledger.ts'

export interface LedgerFile {
  /** The last entry there is, in this file or in one before. */
  readonly head: LedgerHead
  /** What a crash cut off behind it: the next entry is to name it. */
  readonly torn: readonly TornLine[]
  /** The file before, where this one has no entry yet. */
  readonly rotatedFrom?: string
  /** One write and one fsync for all of them; durable once resolved. After `ledger-failed` nothing more is to be appended. */
  append(lines: readonly string[]): Promise<void>
  close(): void
}

const MAX_BYTES = 16 * 1024 * 1024

/** Needs the host lock, and a state directory that is keyroller's own. Throws `ledger-failed`. */
export function openLedgerFile(stateDir: string, maxBytes = MAX_BYTES): LedgerFile {
  const path = join(stateDir, LEDGER_NAME)
  const opened = openTail(path)
  const { fd, tail, isNew } = isFull(opened, maxBytes) && archive(path, opened) ? openTail(path) : opened
  const before = tail.head ? undefined : ledgerPaths(stateDir).at(-2)
  return {
    head: tail.head ?? (before === undefined ? { seq: 0, hash: NO_ENTRY } : headOf(before)),
    torn: tail.torn.map(({ bytes, hash }) => ({ bytes, sha256: hash })),
    ...(before === undefined ? {} : { rotatedFrom: basename(before) }),
    append: appender(fd, path, { isNew, isOpen: tail.isOpen }),
    close: () => closeSync(fd),
  }
}

interface Opened {
  readonly fd: number
  readonly size: number
  readonly tail: Tail
  readonly isNew: boolean
}

interface Tail {
  readonly head?: LedgerHead
  readonly torn: readonly LedgerLine[]
  /** The last line has no newline. */
  readonly isOpen: boolean
}

/** O_NOFOLLOW, and no FIFO or device: what is written there must be in a file. */
function openTail(path: string): Opened {
  const fd = openAppending(path)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw new Error('something that is no regular file')
    return { fd, size: stats.size, tail: readTail(fd, stats.size, basename(path)), isNew: stats.size === 0 }
  } catch (cause) {
    closeSync(fd)
    throw ledgerFault(path, 'read its end', cause)
  }
}

function openAppending(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  try {
    return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  } catch (cause) {
    throw ledgerFault(path, 'open it for appending', cause)
  }
}

const FIRST_CHUNK_BYTES = 64 * 1024
/** What one crash can leave; more than that is damage, which is for a person to look at. */
const MAX_TORN_LINES = 64

/** The last entry, and what is behind it; read backwards, since only the end of a ledger matters to who adds to it. */
function readTail(fd: number, size: number, file: string): Tail {
  for (let chunk = FIRST_CHUNK_BYTES; ; chunk *= 8) {
    const from = Math.max(0, size - chunk)
    const lines = splitLines(readBytes(fd, from, size - from), file).slice(from === 0 ? 0 : 1)
    const last = lines.findLastIndex(({ text }) => text !== undefined && readEntry(text))
    if (last < 0 && from > 0) continue
    const torn = lines.slice(last + 1)
    if (torn.length > MAX_TORN_LINES) throw new Error(`${torn.length} lines that are no entries`)
    const isOpen = lines.at(-1)?.isEnded === false
    const line = lines[last]
    const entry = readEntry(line?.text ?? '')
    return { torn, isOpen, ...(line && entry ? { head: { seq: entry.seq, hash: line.hash } } : {}) }
  }
}

function readBytes(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let offset = 0
  while (offset < length) {
    const count = readSync(fd, bytes, offset, length - offset, from + offset)
    if (count === 0) break
    offset += count
  }
  return bytes.subarray(0, offset)
}

function isFull({ size, tail }: Opened, maxBytes: number): boolean {
  return size >= maxBytes && tail.torn.length === 0
}

/** Whether the file has made room for the next. Where it may not be renamed it grows on: the chain matters more than its size. */
function archive(path: string, { fd }: Opened): boolean {
  const [line] = splitLines(readBytes(fd, 0, FIRST_CHUNK_BYTES), basename(path))
  const first = readEntry(line?.text ?? '')
  const archived = join(dirname(path), archiveName(first?.seq ?? 0))
  if (!first || existsSync(archived)) return false
  try {
    renameSync(path, archived)
    closeSync(fd)
    return true
  } catch {
    return false
  }
}

function headOf(path: string): LedgerHead {
  const { fd, tail } = openTail(path)
  closeSync(fd)
  if (tail.head) return tail.head
  throw ledgerFault(path, 'find its last entry', new Error('none'))
}

const syncFile = promisify(fsync)

/** What could not be made durable as a whole is taken away again where that can be done; else the next run finds it cut off. */
function appender(
  fd: number,
  path: string,
  { isNew, isOpen }: Pick<Opened, 'isNew'> & Pick<Tail, 'isOpen'>,
): LedgerFile['append'] {
  let state = { isNew, isOpen }
  return async (lines) => {
    const size = fstatSync(fd).size
    try {
      const bytes = Buffer.from(`${state.isOpen ? '\n' : ''}${lines.join('\n')}\n`)
      writeFully(fd, bytes)
      if (fstatSync(fd).size !== size + bytes.length) throw new Error('fewer bytes than were written')
      await syncFile(fd)
    } catch (cause) {
      truncateQuietly(fd, size)
      throw ledgerFault(path, `append ${lines.length} entries`, cause)
    }
    if (state.isNew) syncOwnDirectory(dirname(path))
    state = { isNew: false, isOpen: false }
  }
}

function writeFully(fd: number, bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; ) {
    const count = writeSync(fd, bytes, offset)
    if (count === 0) throw new Error('nothing written')
    offset += count
  }
}

function truncateQuietly(fd: number, size: number): void {
  try {
    ftruncateSync(fd, size)
  } catch {}
}
