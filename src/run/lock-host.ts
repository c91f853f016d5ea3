import type { HostConfig } from '../core/host-config.ts'
import { ensureOwnDirectory } from '../files/own/own-file.ts'
import type { Host } from './host.ts'
import { type LockWait, takeLock } from './lock.ts'

/** The lock of this host, its own directories vouched for before. Throws as `takeLock` does, and `state-failed`. */
export async function lockHost(
  { runtimeDir, stateDir }: Pick<HostConfig, 'runtimeDir' | 'stateDir'>,
  { uid }: Pick<Host, 'uid'>,
  wait?: LockWait,
): Promise<() => void> {
  ensureOwnDirectory(runtimeDir, 0o755, uid)
  ensureOwnDirectory(stateDir, 0o700, uid)
  return takeLock(runtimeDir, wait)
}
