import type { HostConfig } from '../core/host-config.ts'
import type { Recovery } from '../core/run-events.ts'
import { ensureOwnDirectory } from '../files/own/own-file.ts'
import type { Host } from './host.ts'
import { journalHead } from './ledger/journal-head.ts'
import { recordRecovery } from './ledger/record-recovery.ts'
import { takeLock } from './lock.ts'
import { openMemory } from './recording/memory-store.ts'
import { recover, sweep } from './recover.ts'

/** Recovery by itself, as at boot: an interrupted switch, then every leftover. Throws `run-locked`, `state-failed`. */
export async function recoverHost(
  config: HostConfig,
  host: Host,
): Promise<{ recovery: Recovery; swept: string[]; unrecorded?: string }> {
  ensureOwnDirectory(config.runtimeDir, 0o755, host.uid)
  ensureOwnDirectory(config.stateDir, 0o700, host.uid)
  const unlock = await takeLock(config.runtimeDir)
  try {
    const memory = openMemory(config.stateDir)
    const head = memory.current().ledger?.head
    const recovery = await recover(config, memory, host.uid)
    const unwritten = await recordRecovery(config, host, memory, recovery)
    const unrecorded = unwritten ?? (await journalHead(config, host, head, memory))
    return { recovery, swept: sweep(config), ...(unrecorded === undefined ? {} : { unrecorded }) }
  } finally {
    unlock()
  }
}
