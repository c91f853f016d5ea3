import { KeyrollerError, toFault } from '../core/errors.ts'
import type { LookResult } from './observing/look.ts'
import type { RunRequest } from './request.ts'

/**
 * Hands what stands to whoever is to be told of changes. Where nobody is, nobody looks and nothing is loaded; while another run
 * holds the lock, telling is left to that one. Fails no run.
 */
export async function notifyOf(
  request: RunRequest,
  { isIdle }: { readonly isIdle: boolean },
  look: () => LookResult | undefined | Promise<LookResult>,
): Promise<void> {
  if (!isHeard(request, isIdle)) return
  try {
    const { tellChanges } = await import('./notify/tell-changes.ts')
    const seen = await look()
    if (seen) await tellChanges(request, seen)
  } catch (error) {
    if (error instanceof KeyrollerError && error.code === 'run-locked') return
    request.listener.noted(`nobody was told of changes: ${toFault(error).message}`)
  }
}

/** For the journal alone nobody looks after a run with nothing due. */
function isHeard({ config: { notify }, host }: RunRequest, isIdle: boolean): boolean {
  if (notify.exec !== undefined || notify.webhook !== undefined) return true
  return host.journalSocket !== undefined && !isIdle
}
