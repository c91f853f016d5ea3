import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { LedgerLine } from '../../core/ledger/ledger-line.ts'
import { ledgerFault } from './ledger-fault.ts'
import { ledgerNames } from './ledger-names.ts'

/**
 * Every line of the ledger of a host, the oldest first; none where there is no ledger. Read while they are gone through, anew
 * each time, and one piece of a file is in memory at a time. Going through them throws `ledger-failed`.
 */
export function readLedger(stateDir: string): Iterable<LedgerLine> {
  return readLedgerFiles(ledgerPaths(stateDir))
}

/** The same of files handed in, in the order of their entries. What comes out of a pipe is kept: it comes once. */
export function readLedgerFiles(paths: readonly string[]): Iterable<LedgerLine> {
  const piped = new Map(paths.filter(isPipe).map((path) => [path, readBytes(path)]))
  return { [Symbol.iterator]: () => linesOf(paths, piped) }
}

export function ledgerPaths(stateDir: string): string[] {
  return ledgerNames(listNames(stateDir)).map((name) => join(stateDir, name))
}

/** Hashed as bytes: what is no UTF-8 must not look like the text it decodes to. `before`: lines of the file in front of them. */
export function splitLines(bytes: Buffer, file: string, before = 0): LedgerLine[] {
  const lines: LedgerLine[] = []
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, from)
    const line = bytes.subarray(from, newline < 0 ? bytes.length : newline)
    const text = isUtf8(line) ? { text: line.toString('utf8') } : undefined
    const number = before + lines.length + 1
    const isEnded = newline >= 0
    lines.push({ file, number, bytes: line.length, hash: hash('sha256', line, 'hex'), isEnded, ...text })
    from += line.length + 1
  }
  return lines
}

function listNames(stateDir: string): string[] {
  try {
    return readdirSync(stateDir)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw ledgerFault(stateDir, 'list it', cause)
  }
}

function isPipe(path: string): boolean {
  try {
    return statSync(path).isFIFO()
  } catch {
    // Reading it says why.
    return false
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw ledgerFault(path, 'read it', cause)
  }
}

interface HeldFile {
  readonly path: string
  readonly content: Buffer | { readonly fd: number }
}

/** All are held from the start: a run meanwhile may rename the one that grows and begin another under its name. */
function* linesOf(paths: readonly string[], piped: ReadonlyMap<string, Buffer>): Generator<LedgerLine> {
  const held: HeldFile[] = []
  try {
    for (const path of paths) held.push({ path, content: piped.get(path) ?? { fd: openFile(path) } })
    for (const { path, content } of held)
      yield* 'fd' in content ? linesFrom(content.fd, path) : splitLines(content, basename(path))
  } finally {
    for (const { content } of held) if ('fd' in content) closeSync(content.fd)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw ledgerFault(path, 'read it', cause)
  }
}

/** Small: the lines of a piece are alive at once, and what is alive at a collection is kept for long. */
const PIECE_BYTES = 64 * 1024

/** Of a piece only whole lines are handed on; the rest goes in front of the next, and a line that is longer gets more room. */
function* linesFrom(fd: number, path: string): Generator<LedgerLine> {
  let piece = Buffer.allocUnsafe(PIECE_BYTES)
  let number = 0
  for (let rest = 0, isAtEnd = false; !isAtEnd; ) {
    if (rest === piece.length) piece = Buffer.concat([piece], piece.length * 2)
    const count = readInto(piece.subarray(rest), fd, path)
    isAtEnd = count === 0
    const bytes = piece.subarray(0, rest + count)
    const end = isAtEnd ? bytes.length : bytes.lastIndexOf(0x0a) + 1
    const lines = splitLines(bytes.subarray(0, end), basename(path), number)
    number += lines.length
    yield* lines
    rest = bytes.copy(piece, 0, end)
  }
}

function readInto(piece: Buffer, fd: number, path: string): number {
  try {
    return readSync(fd, piece)
  } catch (cause) {
    throw ledgerFault(path, 'read it', cause)
  }
}
