/** When a consumer that was told in vain is told again: by every run at first, then after waits that double. */

import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId } from '../material.ts'
import type { OwedReload, RunMemory } from '../memory.ts'
import { isBackingOff, type Waits, waitMs } from './backoff.ts'

/** Most consumers that are down are back soon, and who has mended one runs keyroller by hand: so many runs wait for nothing. */
export const EAGER_TRIES = 3
const OWED_WAITS: Waits = { firstMs: 10 * 60_000, longestMs: 3_600_000 }
export const LONGEST_OWED_WAIT_MS = OWED_WAITS.longestMs

/** An owed reload whose next try is still to come; the fault is that of the last one, for the exit code. */
export interface OwedHold {
  readonly kind: 'hold'
  readonly reason: 'backing-off'
  readonly fault: 'reload-failed' | 'serve-mismatch'
  readonly target: string
  readonly materials: readonly MaterialId[]
  readonly retryAtMs: EpochMs
  readonly message: string
}

/** Until its next try; undefined when it is told now. */
export function holdOwed(debt: OwedReload, fault: OwedHold['fault'], nowMs: EpochMs): OwedHold | undefined {
  if (!isBackingOff(debt, nowMs)) return undefined
  const { target, materials, retryAtMs } = debt
  return { kind: 'hold', reason: 'backing-off', fault, target, materials, retryAtMs, message: describe(debt) }
}

function describe({ sinceMs, retryAtMs = sinceMs, attempts, message }: OwedReload): string {
  const last = message === undefined ? '' : `, last: ${message}`
  return `owed since ${formatMoment(sinceMs)}, next try at ${formatMoment(retryAtMs)} after ${attempts} failed${last}`
}

/** The debt after one more run in vain, with its next try. The certificate that is waited for bounds the wait. */
export function afterTry(
  debt: OwedReload,
  earlier: Pick<OwedReload, 'attempts'> | undefined,
  { materials: known }: RunMemory,
  nowMs: EpochMs,
): OwedReload {
  const { atMs: _, retryAtMs: __, ...rest } = debt
  const attempts = (earlier?.attempts ?? 0) + 1
  if (attempts < EAGER_TRIES) return { ...rest, attempts }
  const ends = debt.materials.flatMap((id) => known[id]?.issued?.notAfterMs ?? [])
  const expiresMs = ends.length > 0 ? Math.min(...ends) : undefined
  const leftMs = waitMs(OWED_WAITS, attempts - EAGER_TRIES + 1, nowMs, expiresMs)
  return { ...rest, attempts, atMs: nowMs, retryAtMs: nowMs + leftMs }
}
