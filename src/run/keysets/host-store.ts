/** A keyset of this host alone: a private file, under the lock that every run has, so that nobody writes it beside us. */
import { join } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import type { Keyset } from '../../core/material.ts'
import {
  ensureOwnDirectory,
  ownFault,
  readOwnFile,
  saveOwnFile,
  sweepOwnDirectory,
} from '../../files/own/own-file.ts'
import { shredReplaced } from '../../files/own/shred-file.ts'
import { type KeysetStoreHandle, parseRecord } from './keyset-store.ts'

/** `uid`: who keyroller runs as. Throws `state-failed`, `keyset-unfit`. */
export function hostStore(
  keyset: Pick<Keyset, 'id' | 'name'>,
  stateDir: string,
  uid: number,
): KeysetStoreHandle {
  const directory = join(stateDir, 'keysets')
  const path = join(directory, `${keyset.name}.json`)
  return {
    read: async () => {
      const text = readOwnFile(path)
      return text === undefined ? undefined : { record: parseRecord(text, keyset, path), revision: ONLY }
    },
    write: async (record) => {
      ensureOwnDirectory(directory, 0o700, uid)
      sweepOwnDirectory(directory)
      await save(path, JSON.stringify(record))
      return 'won'
    },
    // Each write has overwritten the one before it.
    sweep: async () => {},
  }
}

async function save(path: string, text: string): Promise<void> {
  try {
    await shredReplaced(path, () => saveOwnFile({ path, text, mode: 0o600, durable: true }))
  } catch (error) {
    throw error instanceof KeyrollerError ? error : ownFault(path, 'overwrite what it held', error)
  }
}

/** Nobody else writes, so no write needs to be told from another. */
const ONLY = 1
