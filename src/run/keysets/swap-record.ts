/** What changes a keyset beside its own life, an order or a push: read, judged, written, and anew when another host was first. */
import { KeyrollerError } from '../../core/errors.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import type { Keyset } from '../../core/material.ts'
import type { RunContext } from '../context.ts'
import { MOST_TURNS, type Taking, trusted } from './advance-keyset.ts'
import { openStore } from './open-store.ts'
import { rememberBegun } from './remember-begun.ts'

export interface Change {
  /** Unset: nothing is to be written. */
  readonly make?: () => Promise<KeysetRecord> | KeysetRecord
  /** What was done then. */
  readonly told: string
}

/**
 * One write for all of a change. `judge` is asked again whenever a write was lost, of what the winner left. Throws what `judge` throws, with
 * nothing written, and what a store throws.
 */
export async function swapRecord(
  keyset: Keyset,
  context: RunContext,
  judge: (taking: Taking) => Promise<Change> | Change,
): Promise<string> {
  const store = openStore(keyset, context)
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const stored = await store.read()
    const record = trusted(keyset, stored, context)
    const { make, told } = await judge({ keyset, record, stored, context })
    if (!make) return told
    await rememberBegun(keyset, context)
    if ((await store.write(await make(), stored?.revision)) === 'won') return told
  }
  throw new KeyrollerError(
    'keyset-unfit',
    `${keyset.id}: expected to write to its store, found another host to be first ${MOST_TURNS} times`,
  )
}
