import { formatMoment } from '../duration.ts'
import type { LedgerMemory } from '../memory.ts'
import type { EntryBody, GapEntry, RunEntry, TornLine } from './entry.ts'
import type { LedgerHead } from './head.ts'

/** What the file of the ledger looks like to who is about to add to it. */
export interface FoundLedger {
  readonly head: LedgerHead
  readonly torn: readonly TornLine[]
  readonly rotatedFrom?: string
}

/** The entries with which every run begins that writes any: what it found, then the run itself. */
export function openingEntries(
  found: FoundLedger,
  known: LedgerMemory,
  run: Omit<RunEntry, 'kind'>,
): EntryBody[] {
  const cut = cutEntry(found.head, known.head)
  return [
    ...(found.torn.length > 0 ? [{ kind: 'torn', lines: found.torn } as const] : []),
    ...(found.rotatedFrom === undefined ? [] : [{ kind: 'rotation', file: found.rotatedFrom } as const]),
    ...(cut ? [cut] : []),
    ...(known.gap ? [unwritten(known.gap)] : []),
    { kind: 'run', ...run },
  ]
}

/** A ledger that has gone on is not read back to where the memory knows it: `ledger verify` does that. */
function cutEntry(found: LedgerHead, known: LedgerHead | undefined): GapEntry | undefined {
  if (!known || found.seq > known.seq || (found.seq === known.seq && found.hash === known.hash))
    return undefined
  const message = `expected entry ${known.seq} with hash ${known.hash} at the end, found entry ${found.seq} with hash ${found.hash}`
  return { kind: 'gap', cause: 'cut', message }
}

function unwritten({ sinceMs, entries, message }: NonNullable<LedgerMemory['gap']>): GapEntry {
  const what = `${entries} ${entries === 1 ? 'entry' : 'entries'} could not be written`
  return { kind: 'gap', cause: 'unwritable', message: `${what} since ${formatMoment(sinceMs)}: ${message}` }
}
