import type { HostConfig } from '../core/host-config.ts'
import type { Recovery } from '../core/run-events.ts'
import type { Host } from './host.ts'
import { journalHead } from './ledger/journal-head.ts'
import { recordRecovery } from './ledger/record-recovery.ts'
import { lockHost } from './lock-host.ts'
import { openMemory } from './recording/memory-store.ts'
import { recover, sweep } from './recover.ts'

/** Recovery by itself, as at boot: an interrupted switch, then every leftover. Throws `run-locked`, `state-failed`. */
export async function recoverHost(
  config: HostConfig,
  host: Host,
): Promise<{ recovery: Recovery; swept: string[]; unrecorded?: string }> {
  const unlock = await lockHost(config, host)
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
