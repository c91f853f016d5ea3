import type { EpochMs } from '../epoch-ms.ts'
import type { FaultRecord } from '../errors.ts'
import type { FailureMemory } from '../memory.ts'

const FAILURE_WAITS: Waits = { firstMs: 60_000, longestMs: 6 * 3_600_000 }

/** The failure to remember: the wait starts at a minute and doubles up to six hours while failures follow each other. */
export function rememberFailure(
  earlier: FailureMemory | undefined,
  fault: FaultRecord,
  nowMs: EpochMs,
  expiresMs: EpochMs | undefined,
): FailureMemory {
  const count = (earlier?.count ?? 0) + 1
  return { ...fault, count, atMs: nowMs, retryAtMs: nowMs + waitMs(FAILURE_WAITS, count, nowMs, expiresMs) }
}

export interface Waits {
  readonly firstMs: number
  readonly longestMs: number
}

/**
 * The wait after `count` tries, doubling. It never takes more than an eighth of what is left until `expiresMs`, so that what
 * comes back late finds us asking before the certificate is over; what is over already waits like everything else.
 */
export function waitMs(
  { firstMs, longestMs }: Waits,
  count: number,
  nowMs: EpochMs,
  expiresMs: EpochMs | undefined,
): number {
  const doubledMs = firstMs * 2 ** Math.min(count - 1, 16)
  const leftMs = expiresMs === undefined || expiresMs <= nowMs ? Number.POSITIVE_INFINITY : expiresMs - nowMs
  return Math.round(Math.min(doubledMs, longestMs, Math.max(leftMs / 8, firstMs)))
}

interface Waiting {
  readonly atMs: EpochMs
  readonly retryAtMs: EpochMs
}

/**
 * Whether the next try still waits. A clock that jumped back must not hold for longer than the wait itself, so a try from
 * the future holds nothing.
 */
export function isBackingOff<T extends Partial<Waiting>>(
  last: T | undefined,
  nowMs: EpochMs,
): last is T & Waiting {
  if (last?.atMs === undefined || last.retryAtMs === undefined) return false
  return nowMs < last.retryAtMs && nowMs >= last.atMs
}
