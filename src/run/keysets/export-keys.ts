/** The public keys of a keyset, from its store: read once, and outside of any run. */
import { KeyrollerError } from '../../core/errors.ts'
import type { PublicFormat } from '../../core/keysets/public-format.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import { type Identity, isShared, type Keyset, type SharedKeyset } from '../../core/material.ts'
import { exportPublic } from '../../x509/keysets/export-public.ts'
import { type SessionRequest, withSession } from '../with-session.ts'
import { hostStore } from './host-store.ts'
import type { StoredRecord } from './keyset-store.ts'
import { kvStore } from './kv-store.ts'

export interface ExportRequest extends SessionRequest {
  readonly keyset: Keyset
  readonly format: PublicFormat
  /** Also of what is accepted no more. */
  readonly isAll: boolean
}

/** Throws `keyset-unfit` for a store or a keyset that has none, `identity-unusable`, and what a store throws. */
export async function exportKeys({ keyset, format, isAll, ...request }: ExportRequest): Promise<string> {
  return exportPublic(await readRecord(keyset, request), format, isAll)
}

async function readRecord(keyset: Keyset, request: SessionRequest): Promise<KeysetRecord> {
  const { config, host } = request
  const stored = isShared(keyset)
    ? await readShared(keyset, request)
    : await hostStore(keyset, config.stateDir, host.uid).read()
  if (stored) return stored.record
  const hint = `keyroller keyset advance ${keyset.name}`
  throw new KeyrollerError('keyset-unfit', `${keyset.id}: expected a record in its store, found none`, {
    hint,
  })
}

function readShared(keyset: SharedKeyset, request: SessionRequest): Promise<StoredRecord | undefined> {
  const { identity: id } = keyset.store
  const identity = request.config.materials.find((one): one is Identity => one.id === id)
  if (!identity) throw new Error(`${id} is not configured`)
  return withSession(identity, request, (session) => kvStore(keyset, session).read())
}
