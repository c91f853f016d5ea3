/** What whoever advances a keyset asks of its store, and a record out of the text that a store keeps. */
import { KeyrollerError } from '../../core/errors.ts'
import { isKeysetRecord, type KeysetRecord } from '../../core/keysets/record.ts'
import type { Keyset } from '../../core/material.ts'

export interface KeysetStoreHandle {
  /** Undefined where nothing was ever written. Throws `keyset-unfit`, and what the place it lies in throws. */
  readonly read: () => Promise<StoredRecord | undefined>
  /** Takes the place of what was read, whole and durable; `lost` when that is not the newest any more. */
  readonly write: (record: KeysetRecord, revision: number | undefined) => Promise<'won' | 'lost'>
  /** The bytes of all writes before this one are gone for good; of those that are gone already, too. */
  readonly sweep: (below: number) => Promise<void>
}

export interface StoredRecord {
  readonly record: KeysetRecord
  /** Of the write that it was read from; the next one has one more. */
  readonly revision: number
}

/** What the parser says may quote the text, and with it a key: it is let go. Throws `keyset-unfit`. */
export function parseRecord(
  text: unknown,
  { id, name }: Pick<Keyset, 'id' | 'name'>,
  where: string,
): KeysetRecord {
  const value = parse(text)
  if (!isKeysetRecord(value)) {
    const message = `${id}: expected the record of a keyset in ${where}, found something else`
    throw new KeyrollerError('keyset-unfit', message, { hint: RESTORE })
  }
  const found = value.document.name
  if (found === name) return value
  throw new KeyrollerError(
    'keyset-unfit',
    `${id}: expected keyset ${name} in ${where}, found keyset ${found}`,
    {
      hint: 'give each keyset a store of its own, and the same name on every host',
    },
  )
}

/** Keys that were in it are with hosts and peers: another begun in its place would be unknown to all of them. */
const RESTORE = 'restore it from an older version or a backup; the files are untouched'

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}
