/** A signal sent is not a reload done: the consumer has to survive it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { KeyrollerError } from '../core/errors.ts'

/** Long enough for a process that dies of its new certificate to be gone, short enough for every consumer of a host. */
export const SETTLE_MS = 1000
const POLL_MS = 250

/**
 * Polls for `SETTLE_MS`, last at its end. `findFault` looks once and says what is wrong; the first fault rejects with
 * `reload-failed`.
 */
export async function settle(
  findFault: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += POLL_MS) {
    await sleep(POLL_MS, undefined, { signal })
    const fault = await findFault()
    if (fault) throw new KeyrollerError('reload-failed', fault)
  }
}
