import type { HostConfig } from '../../core/host-config.ts'
import type { Entry } from '../../core/ledger/entry.ts'
import { readEntry } from '../../core/ledger/read-entry.ts'
import { readLedger } from '../../files/own/read-ledger.ts'

/** Every line of the ledger, with its entry where it is one: whether they are sound is `verifyLedger`'s to say. Throws `ledger-failed`. */
export function readEntries({
  stateDir,
}: Pick<HostConfig, 'stateDir'>): { readonly text: string; readonly entry?: Entry }[] {
  return readLedger(stateDir).flatMap(({ text }) => {
    if (text === undefined) return []
    const entry = readEntry(text)
    return [{ text, ...(entry ? { entry } : {}) }]
  })
}
