/** Hands one credential to the starts of its unit that ask for it on a socket of systemd, until nobody does. */
import { KeyrollerError } from '../../core/errors.ts'
import { ensureOwnDirectory } from '../../files/own/own-file.ts'
import type { Host } from '../host.ts'
import { openRunLedger } from '../ledger/ledger.ts'
import { takeLock } from '../lock.ts'
import { openMemory } from '../recording/memory-store.ts'
import { answerReaders } from './answer-readers.ts'
import { deliveriesDir } from './deliveries-dir.ts'
import { type Delivery, handOver } from './hand-over.ts'
import type { DeliveryRequest } from './request.ts'

/**
 * Everything is got ready for the first reader and not before: one that nothing could be got ready for is refused, since one
 * that stays in the queue has systemd start this again and again. Throws `run-locked`, `state-failed`, `ledger-failed`, what
 * `find` throws, and why somebody could not be handed anything.
 */
export async function deliver(find: () => DeliveryRequest, signal: AbortSignal): Promise<void> {
  let opening: Promise<Delivery> | undefined
  const faults = await answerReaders({ fd: LISTENING_FD, idleMs: IDLE_MS, signal }, async () => {
    opening ??= open(find())
    return handOver(await opening)
  })
  const opened = await opening?.catch(() => undefined)
  if (opened) await close(opened)
  for (const fault of faults) throw fault
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const LISTENING_FD = 3
/** systemd keeps the socket: whoever comes after that starts us again. */
const IDLE_MS = 200

/** A run of keyroller that restarts the unit holds its lock until the unit has read, so here lock and ledger are others. */
async function open(request: DeliveryRequest): Promise<Delivery> {
  const { config, host, signal } = request
  const stateDir = deliveriesDir(config)
  ensureOwnDirectory(config.stateDir, 0o700, host.uid)
  ensureOwnDirectory(stateDir, 0o700, host.uid)
  const unlock = await takeLock(stateDir, { ms: LOCK_WAIT_MS, signal })
  const memory = openMemory(stateDir)
  const ledger = openRunLedger({ stateDir, host, verb: 'deliver', known: memory.current().ledger ?? {} })
  return { request, stateDir, memory, ledger, unlock }
}

const LOCK_WAIT_MS = 20_000

async function close({ request, memory, ledger, unlock }: Delivery): Promise<void> {
  try {
    const closed = await ledger.close()
    await memory.update((before) => ({ ...before, ledger: closed.memory }))
    const { head } = closed.memory
    if (head) request.told(`ledger of deliveries up to ${head.seq}:${head.hash}`)
  } finally {
    unlock()
  }
}

/** Throws `usage-invalid` unless systemd has handed this very process one listening socket. */
export function requireSocket({ LISTEN_FDS, LISTEN_PID }: Host['env'], pid: string): void {
  if (LISTEN_FDS === '1' && LISTEN_PID === pid) return
  const found = `LISTEN_FDS ${LISTEN_FDS ?? 'unset'}, LISTEN_PID ${LISTEN_PID ?? 'unset'}`
  throw new KeyrollerError('usage-invalid', `expected one socket of systemd, found ${found}`, {
    hint: 'systemctl enable --now keyroller-deliver@NAME.socket, which starts this',
  })
}
