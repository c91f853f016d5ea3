/** The public keys of a keyset, from its store: read once, and outside of any run. */
import { KeyrollerError } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { PublicFormat } from '../../core/keysets/public-format.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import { isShared, type Keyset, type SharedKeyset } from '../../core/material.ts'
import { exportPublic } from '../../x509/keysets/export-public.ts'
import { clientPair } from '../client-pair.ts'
import type { Host } from '../host.ts'
import { readParts } from '../observing/observe.ts'
import { withVault } from '../server.ts'
import { hostStore } from './host-store.ts'
import { kvStore } from './kv-store.ts'

export interface ExportRequest {
  readonly keyset: Keyset
  readonly config: HostConfig
  readonly host: Host
  readonly signal: AbortSignal
  readonly format: PublicFormat
  /** Also of what is accepted no more. */
  readonly isAll: boolean
}

/** Throws `keyset-unfit` for a store or a keyset that has none, `identity-unusable`, and what a store throws. */
export async function exportKeys({ keyset, config, host, signal, ...form }: ExportRequest): Promise<string> {
  const record = await readRecord(keyset, config, host, signal)
  return exportPublic(record, form.format, form.isAll)
}

async function readRecord(
  keyset: Keyset,
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
): Promise<KeysetRecord> {
  const stored = isShared(keyset)
    ? await readShared(keyset, config, host, signal)
    : await hostStore(keyset, config.stateDir, host.uid).read()
  if (stored) return stored.record
  const hint = `keyroller keyset advance ${keyset.name}`
  throw new KeyrollerError('keyset-unfit', `${keyset.id}: expected a record in its store, found none`, {
    hint,
  })
}

/** The token ends with the reading. */
function readShared(keyset: SharedKeyset, config: HostConfig, host: Host, signal: AbortSignal) {
  const identity = config.materials.find(({ id }) => id === keyset.store.identity)
  const parts = identity?.kind === 'identity' ? readParts(identity, host, host.clock()) : undefined
  if (identity?.kind !== 'identity' || !parts) {
    const message = `${keyset.store.identity}: expected a key and a certificate, found neither whole`
    throw new KeyrollerError('identity-unusable', message)
  }
  return withVault(config, host, signal, async (vault) => {
    const session = await vault.login({ login: identity.login, pair: clientPair(identity, parts) })
    try {
      return await kvStore(keyset, session).read()
    } finally {
      await session.revoke()
    }
  })
}
