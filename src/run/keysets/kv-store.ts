/** A keyset of a fleet: one secret, one field. Check-and-set makes one host win each step, and the others read what it left. */
import { KeyrollerError } from '../../core/errors.ts'
import type { SharedKeyset } from '../../core/material.ts'
import type { FoundSecret } from '../../vault/kv.ts'
import type { Session } from '../../vault/session.ts'
import { type KeysetStoreHandle, parseRecord } from './keyset-store.ts'

type StoreSession = Pick<Session, 'findSecret' | 'swapSecret' | 'destroyVersions'>

/** With the login of its identity. Throws `keyset-unfit`, `vault-denied`, and what a transport throws. */
export function kvStore(keyset: SharedKeyset, session: StoreSession): KeysetStoreHandle {
  const { store } = keyset
  return {
    read: async () => {
      const found = await session.findSecret(store)
      if (found.state === 'none') return undefined
      if (found.state !== 'present') throw gone(keyset, found)
      const record = parseRecord(found.fields[FIELD], keyset, placeOf(keyset))
      return { record, revision: found.version }
    },
    write: (record, revision = 0) =>
      session.swapSecret(store, { fields: { [FIELD]: JSON.stringify(record) }, version: revision }),
    sweep: (below) => session.destroyVersions(store, versionsBelow(below)),
  }
}

const FIELD = 'record'

function placeOf({ store }: SharedKeyset): string {
  return `field ${FIELD} of ${store.kvMount}/${store.path}`
}

type Gone = Exclude<FoundSecret, { readonly state: 'present' | 'none' }>

/** Whoever deleted it did not delete the keys that hosts and peers have: nothing is begun anew over it. */
function gone(keyset: SharedKeyset, { state, version }: Gone): KeyrollerError {
  const { kvMount, path } = keyset.store
  const which = version === undefined ? '' : ` ${version}`
  const message = `${keyset.id}: expected its record in ${placeOf(keyset)}, found the newest version${which} ${state}`
  const hint =
    state === 'deleted'
      ? `vault kv undelete -mount=${kvMount} -versions=${version ?? 'VERSION'} ${path}; the files are untouched`
      : `vault kv rollback -mount=${kvMount} -version=VERSION ${path}, or a backup of the server; the files are untouched`
  return new KeyrollerError('keyset-unfit', message, { hint })
}

function versionsBelow(below: number): number[] {
  return Array.from({ length: Math.max(below - 1, 0) }, (_, index) => index + 1)
}
