import { type ChainFault, faultOf } from './chain-fault.ts'
import type { LedgerLine } from './ledger-line.ts'
import type { Link, Linked } from './links.ts'
import { readEntry } from './read-entry.ts'

/** The first entry that neither continues the chain nor has the expected number, which no entry before it has. */
export interface Misplaced extends Link {
  readonly entry: Linked
  readonly expected: number
}

/** What was done for it to be there: all lines are asked, those before it and those behind. */
export function misplacedFault(
  { line, entry, expected }: Misplaced,
  lines: Iterable<LedgerLine>,
): ChainFault {
  let copies = 0
  let isElsewhere = false
  for (const { hash, text } of lines) {
    if (hash === line.hash) copies += 1
    isElsewhere ||= text !== undefined && readEntry(text)?.seq === expected
  }
  const { seq: found } = entry
  const message = `expected entry ${expected}, found entry ${found}`
  if (copies > 1) return faultOf('duplicated', found, line, `${message}, which is there twice`)
  return faultOf(isElsewhere || found < expected ? 'reordered' : 'dropped', expected, line, message)
}
