import { dirname } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import { judgeHandOver } from '../../core/ledger/hand-over.ts'
import { openHolder } from '../../files/held-directory.ts'
import { findDisk } from '../../files/in-memory.ts'
import { readVisible } from '../../files/read-visible.ts'
import { readUnitStart } from '../../reload/units/unit-start.ts'
import type { RunLedger } from '../ledger/ledger.ts'
import { readEntries } from '../ledger/read-entries.ts'
import type { MemoryStore } from '../recording/memory-store.ts'
import type { DeliveryRequest } from './request.ts'

/** What is open while readers are answered. */
export interface Delivery {
  readonly request: DeliveryRequest
  readonly stateDir: string
  readonly memory: MemoryStore
  readonly ledger: RunLedger
  readonly unlock: () => void
}

/**
 * The bytes for one reader once the ledger says durably that they go out; undefined, with an entry too, when this start has had
 * them or is none. Rejects with `ledger-failed` when that cannot be written, `files-failed` when there is no file to hand
 * over, `reload-failed` when systemd does not say which start it is.
 */
export async function handOver({ request, stateDir, ledger }: Delivery): Promise<Buffer | undefined> {
  const { credential, signal, managerSocket, told } = request
  const start = await readUnitStart(credential.unit, { timeoutMs: MANAGER_MS, signal, managerSocket })
  const bytes = readCredential(credential.path)
  const entry = judgeHandOver(credential, start, readEntries({ stateDir }))
  ledger.add(entry)
  const unwritten = await ledger.flush()
  if (unwritten) throw unwritten
  told(`${entry.result}: ${entry.message}`)
  return entry.result === 'given' ? bytes : undefined
}

const MANAGER_MS = 10_000

function readCredential(path: string): Buffer {
  const holder = openHolder()
  try {
    const reading = readVisible(path, holder)
    if (reading.state !== 'present') throw new KeyrollerError('files-failed', `${path}: ${reading.why}`)
    const disk = findDisk(holder.hold(dirname(path)))
    if (disk) throw disk
    return reading.content
  } finally {
    holder.close()
  }
}
