/** When a host writes its card: once there is something new to tell, and every so often in any case. */
import { waitMs } from '../deciding/backoff.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { isCount, isMoment, shape } from '../shape.ts'

/** What the last try left. */
export interface CardMemory {
  readonly atMs: EpochMs
  /** Exit code of the run that it told of. */
  readonly exit: number
  /** How far the ledger went then; whatever changes a host goes through it. */
  readonly seq: number
  /** How many tries in a row came to nothing; 0 when it was written. */
  readonly failures: number
}

const isWhole = shape<CardMemory>({ atMs: isMoment, exit: isCount, seq: isCount, failures: isCount })

export function isCardMemory(value: unknown): value is CardMemory {
  return isWhole(value)
}

export interface CardNeed {
  readonly everyMs: number
  readonly nowMs: EpochMs
  readonly exit: number
  readonly seq: number
}

/** After failures there is a pause, twice as long each time, until it is the time between two cards: news do not shorten it. */
export function isCardDue(last: CardMemory | undefined, { everyMs, nowMs, exit, seq }: CardNeed): boolean {
  // A clock that jumped back must not keep a host silent.
  if (!last || nowMs < last.atMs) return true
  const waitedMs = nowMs - last.atMs
  if (last.failures > 0) {
    const pauses = { firstMs: FIRST_PAUSE_MS, longestMs: everyMs }
    return waitedMs >= waitMs(pauses, last.failures, nowMs, undefined)
  }
  return exit !== last.exit || seq !== last.seq || waitedMs >= everyMs
}

const FIRST_PAUSE_MS = 60_000
