import type { FaultRecord } from '../errors.ts'
import type { EpochMs } from '../material.ts'
import type { FailureMemory } from '../memory.ts'

const FIRST_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 6 * 3_600_000

/**
 * The failure to remember: the wait starts at a minute and doubles up to six hours while failures follow each other. It never
 * takes more than an eighth of what is left until `expiresMs`, so that a server that comes back late finds us asking before
 * the certificate is over; what is over already waits like everything else.
 */
export function rememberFailure(
  earlier: FailureMemory | undefined,
  fault: FaultRecord,
  nowMs: EpochMs,
  expiresMs: EpochMs | undefined,
): FailureMemory {
  const count = (earlier?.count ?? 0) + 1
  const doubledMs = FIRST_WAIT_MS * 2 ** Math.min(count - 1, 16)
  const leftMs = expiresMs === undefined || expiresMs <= nowMs ? Number.POSITIVE_INFINITY : expiresMs - nowMs
  const waitMs = Math.min(doubledMs, LONGEST_WAIT_MS, Math.max(leftMs / 8, FIRST_WAIT_MS))
  return { ...fault, count, atMs: nowMs, retryAtMs: nowMs + Math.round(waitMs) }
}

/**
 * Whether a failure still holds its material back. A clock that jumped back must not hold for longer than the wait itself,
 * so a failure from the future holds nothing.
 */
export function isBackingOff(failure: FailureMemory | undefined, nowMs: EpochMs): failure is FailureMemory {
  return failure !== undefined && nowMs < failure.retryAtMs && nowMs >= failure.atMs
}
