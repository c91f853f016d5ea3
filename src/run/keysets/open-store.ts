import { isShared, type Keyset } from '../../core/material.ts'
import type { RunContext } from '../context.ts'
import { sessionOf } from '../executors/login.ts'
import { hostStore } from './host-store.ts'
import type { KeysetStoreHandle } from './keyset-store.ts'
import { kvStore } from './kv-store.ts'

/** The store of a keyset; a shared one is opened with the login that the run has planned for its identity. */
export function openStore(
  keyset: Keyset,
  context: Pick<RunContext, 'config' | 'host' | 'sessions'>,
): KeysetStoreHandle {
  const { config, host } = context
  return isShared(keyset)
    ? kvStore(keyset, sessionOf(context, keyset.store.identity))
    : hostStore(keyset, config.stateDir, host.uid)
}
