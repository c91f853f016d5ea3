/** When a run leaves the card of its host. What signs and writes it is loaded only then. */
import { KeyrollerError, toFault } from '../../core/errors.ts'
import { isCardDue } from '../../core/fleet/card-due.ts'
import type { FleetConfig, OwnCard } from '../../core/host-config.ts'
import type { RunResult } from '../../core/run-events.ts'
import { lockHost } from '../lock-host.ts'
import { openMemory } from '../recording/memory-store.ts'
import type { RunRequest } from '../request.ts'
import { readCardMemory, saveCardMemory } from './card-file.ts'

/**
 * Under the lock, so that no card overtakes a newer one: while another run has it, that one tells. Fails no run: resolves to what
 * went otherwise than it should, and the next run tries again.
 */
export async function leaveCard(
  request: Pick<RunRequest, 'config' | 'host' | 'signal'>,
  fleet: FleetConfig,
  own: OwnCard,
  { exit }: Pick<RunResult, 'exit'>,
): Promise<string | undefined> {
  const { config, host, signal } = request
  const last = readCardMemory(config.stateDir)
  const seq = openMemory(config.stateDir).current().ledger?.head?.seq ?? 0
  const now = { exit, seq, atMs: host.clock() }
  if (!isCardDue(last, { ...now, everyMs: own.everyMs, nowMs: now.atMs })) return undefined
  let unlock = () => {}
  try {
    unlock = await lockHost(config, host, { ms: 0, signal })
    const { writeCard } = await import('./write-card.ts')
    await writeCard(request, { fleet, own, exit })
    await saveCardMemory(config.stateDir, { ...now, failures: 0 })
    return undefined
  } catch (error) {
    if (error instanceof KeyrollerError && error.code === 'run-locked') return undefined
    const failures = (last?.failures ?? 0) + 1
    await saveCardMemory(config.stateDir, { ...now, failures }).catch(() => undefined)
    return `the card of this host could not be written: ${toFault(error).message}`
  } finally {
    unlock()
  }
}
