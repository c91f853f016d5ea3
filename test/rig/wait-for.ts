import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks until the answer is neither `undefined`, `false` nor an error, and gives it. Throws after `timeoutMs`, with the
 * last error as cause.
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      cause = error
    }
    await sleep(50)
  } while (Date.now() < deadline)
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause })
}
