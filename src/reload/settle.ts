/** A signal sent is not a reload done: the consumer has to survive it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_SETTLE_MS, type TargetBase } from '../core/consumers/target.ts'
import { formatDuration } from '../core/duration.ts'
import { KeyrollerError } from '../core/errors.ts'

const POLL_MS = 250
const MOST_LOOKS = 40

export interface Settling {
  readonly settleMs: number
  readonly signal: AbortSignal
}

export function settling(
  { settleMs = DEFAULT_SETTLE_MS }: Pick<TargetBase, 'settleMs'>,
  signal: AbortSignal,
) {
  return { settleMs, signal }
}

/** How the time is told: `1s later`. */
export function later({ settleMs }: Settling): string {
  return `${formatDuration(settleMs)} later`
}

/**
 * Polls for `settleMs`, last at its end. `findFault` looks once and says what is wrong; the first fault rejects with
 * `reload-failed`.
 */
export async function settle(
  findFault: () => Promise<string | undefined>,
  { settleMs, signal }: Settling,
): Promise<void> {
  const pollMs = Math.max(POLL_MS, settleMs / MOST_LOOKS)
  for (let waitedMs = 0; waitedMs < settleMs; waitedMs += pollMs) {
    await sleep(Math.min(pollMs, settleMs - waitedMs), undefined, { signal })
    const fault = await findFault()
    if (fault) throw new KeyrollerError('reload-failed', fault)
  }
}
