import type { CheckpointEntry, Entry, EntryPlace, GapEntry, TornEntry } from './entry.ts'
import type { LedgerLine } from './ledger-line.ts'
import { readEntry } from './read-entry.ts'

export interface Link {
  readonly line: LedgerLine
  /** Undefined where the line is none. */
  readonly entry: Linked | undefined
  /** What is in front of it is cut off, and it says so. */
  readonly namesTorn: boolean
  /** The last of all, and cut off as a crash leaves it: no entry names it yet. */
  readonly isCutOff: boolean
}

/** Of most entries the chain asks for nothing but their place. */
export type Linked = EntryPlace & (CheckpointEntry | TornEntry | GapEntry | { readonly kind: 'other' })

/**
 * Every line but those that a crash cut off and the entry behind them names. What only lacks its newline is whole. Of what was
 * read nothing is kept but lines that are no entries, until the next one says whether it names them.
 */
export function* linksOf(lines: Iterable<LedgerLine>): Generator<Link> {
  let unread: LedgerLine[] = []
  for (const line of lines) {
    const read = line.text === undefined ? undefined : readEntry(line.text)
    if (!read) {
      unread.push(line)
      continue
    }
    const entry = linkedOf(read)
    const namesTorn = unread.length > 0 && areNamed(unread, entry)
    if (!namesTorn) yield* unread.map((one) => unreadLink(one, false))
    yield { line, entry, namesTorn, isCutOff: false }
    unread = []
  }
  const isTorn = unread.at(-1)?.isEnded === false
  yield* unread.map((line, index) => unreadLink(line, isTorn && index === unread.length - 1))
}

function linkedOf(entry: Entry): Linked {
  switch (entry.kind) {
    case 'checkpoint':
    case 'torn':
    case 'gap':
      return entry
    default: {
      const { seq, prev, at, host, run } = entry
      return { kind: 'other', seq, prev, at, host, run }
    }
  }
}

function areNamed(unread: readonly LedgerLine[], entry: Linked): boolean {
  if (entry.kind !== 'torn' || entry.lines.length !== unread.length) return false
  return unread.every((line, index) => {
    const named = entry.lines[index]
    return named?.bytes === line.bytes && named.sha256 === line.hash
  })
}

function unreadLink(line: LedgerLine, isCutOff: boolean): Link {
  return { line, entry: undefined, namesTorn: false, isCutOff }
}
