import type { HostConfig } from '../../core/host-config.ts'
import type { Entry } from '../../core/ledger/entry.ts'
import { readEntry } from '../../core/ledger/read-entry.ts'
import { readLedger } from '../../files/own/read-ledger.ts'

type Ledger = Pick<HostConfig, 'stateDir'>

/** The entries of a ledger, read while they are gone through: whether they are sound is `verifyLedger`'s to say. Throws `ledger-failed`. */
export function* readEntries(ledger: Ledger): Generator<Entry> {
  for (const text of readTexts(ledger)) {
    const entry = readEntry(text)
    if (entry) yield entry
  }
}

/** Its lines, entries or not, as far as they are text. The same holds. */
export function* readTexts({ stateDir }: Ledger): Generator<string> {
  for (const { text } of readLedger(stateDir)) if (text !== undefined) yield text
}
