import type { HostConfig } from '../../core/host-config.ts'
import type { Recovery } from '../../core/run-events.ts'
import type { Host } from '../host.ts'
import type { MemoryStore } from '../recording/memory-store.ts'
import { openRunLedger } from './ledger.ts'

/**
 * What was made of interrupted switches, in the ledger. Recovery waits for no ledger: files that are half old, half new are
 * worse. Resolves to why it could not be written, when it could not.
 */
export async function recordRecovery(
  { stateDir }: HostConfig,
  host: Host,
  memory: MemoryStore,
  { sets }: Recovery,
): Promise<string | undefined> {
  const settled = sets.filter(({ outcome }) => outcome !== 'unclear')
  if (settled.length === 0) return undefined
  const known = memory.current().ledger ?? {}
  const ledger = openRunLedger({ stateDir, host, verb: 'recover', known })
  for (const { material, outcome, message } of settled) {
    if (outcome === 'unclear') continue
    ledger.add({ kind: 'recovered', materials: [material], result: outcome, message })
  }
  const closed = await ledger.close()
  await memory.update((before) => ({ ...before, ledger: closed.memory }))
  return closed.fault?.message
}
