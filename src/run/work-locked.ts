import { journalHead } from './ledger/journal-head.ts'
import { recordRecovery } from './ledger/record-recovery.ts'
import { lockHost } from './lock-host.ts'
import { type MemoryStore, openMemory } from './recording/memory-store.ts'
import { recover, sweep } from './recover.ts'
import type { RunRequest } from './request.ts'

/**
 * Work under the host lock, once everything an earlier run left half done is finished, undone or swept. Throws `run-locked`,
 * `run-interrupted` when waiting for it is ended, `state-failed`, and what the work throws.
 */
export async function workLocked<T>(
  { config, host, lockWaitMs, signal, listener }: RunRequest,
  work: (memory: MemoryStore) => Promise<T>,
): Promise<T> {
  const unlock = await lockHost(config, host, { ms: lockWaitMs, signal })
  try {
    const memory = openMemory(config.stateDir)
    if (memory.rebuilt !== undefined) listener.noted(`memory begun anew: ${memory.rebuilt}`)
    const head = memory.current().ledger?.head
    const recovery = await recover(config, memory, host.uid)
    listener.recovered(recovery)
    const unrecorded = await recordRecovery(config, host, memory, recovery)
    if (unrecorded !== undefined) listener.noted(unrecorded)
    sweep(config)
    const done = await work(memory)
    const unseen = await journalHead(config, host, head, memory)
    if (unseen !== undefined) listener.noted(unseen)
    return done
  } finally {
    unlock()
  }
}
