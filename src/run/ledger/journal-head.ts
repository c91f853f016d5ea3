import { writeJournal } from '../../command/journal.ts'
import { toFault } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { LedgerHead } from '../../core/ledger/head.ts'
import { headFields } from '../../core/notify/journal-fields.ts'
import { within } from '../../reload/deadline.ts'
import type { Host } from '../host.ts'
import type { MemoryStore } from '../recording/memory-store.ts'

/**
 * Leaves in the journal how far the ledger goes, once it goes further than `before`: that its tail was cut off shows only
 * against a copy elsewhere. Also when the run was told to stop. Resolves to why it could not be written, when it could not.
 */
export async function journalHead(
  { notify: { timeoutMs } }: HostConfig,
  { journalSocket }: Host,
  before: LedgerHead | undefined,
  memory: MemoryStore,
): Promise<string | undefined> {
  const head = memory.current().ledger?.head
  if (journalSocket === undefined || !head || head.hash === before?.hash) return undefined
  const { signal } = new AbortController()
  try {
    await within({ timeoutMs, signal }, (deadline) => writeJournal(headFields(head), deadline))
    return undefined
  } catch (error) {
    return `the journal lacks how far the ledger goes: ${toFault(error).message}`
  }
}
