import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { LedgerLine } from '../../core/ledger/chain.ts'
import { ledgerFault } from './ledger-fault.ts'
import { ledgerNames } from './ledger-names.ts'

/** Every line of the ledger of a host, the oldest first; none where there is no ledger. Throws `ledger-failed`. */
export function readLedger(stateDir: string): LedgerLine[] {
  return readLedgerFiles(ledgerPaths(stateDir))
}

/** The same of files handed in, in the order of their entries. */
export function readLedgerFiles(paths: readonly string[]): LedgerLine[] {
  return paths.flatMap((path) => splitLines(readBytes(path), basename(path)))
}

export function ledgerPaths(stateDir: string): string[] {
  return ledgerNames(listNames(stateDir)).map((name) => join(stateDir, name))
}

/** Hashed as bytes: what is no UTF-8 must not look like the text it decodes to. */
export function splitLines(bytes: Buffer, file: string): LedgerLine[] {
  const lines: LedgerLine[] = []
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, from)
    const line = bytes.subarray(from, newline < 0 ? bytes.length : newline)
    lines.push({
      ...{ file, number: lines.length + 1, bytes: line.length },
      ...{ hash: hash('sha256', line, 'hex'), isEnded: newline >= 0 },
      ...(isUtf8(line) ? { text: line.toString('utf8') } : {}),
    })
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

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw ledgerFault(path, 'read it', cause)
  }
}
