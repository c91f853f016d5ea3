/** What was rolled back stays so: being due does not renew it, as long as there is life enough to wait for a person. */
import { formatMoment } from './duration.ts'
import type { CertificateFacts } from './facts.ts'
import type { EpochMs, MaterialId } from './material.ts'
import type { MaterialMemory } from './memory.ts'

export interface RollbackHold {
  /** Serial that was left, or `unread`. */
  readonly from: string
  readonly atMs: EpochMs
}

/** Only for the very certificate that was gone back to: whatever is installed over it ends the hold. */
export function findRollbackHold(
  memory: MaterialMemory | undefined,
  certificate: CertificateFacts | undefined,
): RollbackHold | undefined {
  const { rolledBackFrom, fingerprint, atMs } = memory?.issued ?? {}
  if (rolledBackFrom === undefined || atMs === undefined) return undefined
  if (!certificate || certificate.fingerprint !== fingerprint) return undefined
  return { from: rolledBackFrom, atMs }
}

/** The share of its life at the end of which availability wins: a host must not go down because somebody forgot it. */
const LAST_SHARE = 1 / 10

/** When a certificate that was gone back to is renewed by itself, given when it would be without that. */
export function heldUntil(
  { notBeforeMs, notAfterMs }: Pick<CertificateFacts, 'notBeforeMs' | 'notAfterMs'>,
  dueAtMs: EpochMs,
): EpochMs {
  return Math.max(dueAtMs, Math.round(notAfterMs - (notAfterMs - notBeforeMs) * LAST_SHARE))
}

export function heldMessage({ from, atMs }: RollbackHold, id: MaterialId, dueAtMs: EpochMs): string {
  const forward = `keyroller renew --now ${id} rolls forward, and by itself it does at ${formatMoment(dueAtMs)}`
  return `${rolledBack(from, atMs)}; ${forward}`
}

/** Beside the reason why it is renewed in spite of the rollback. */
export function endedMessage({ from, atMs }: RollbackHold): string {
  return `${rolledBack(from, atMs)}, which ends with the last tenth of its life`
}

function rolledBack(from: string, atMs: EpochMs): string {
  const left = from === UNREAD ? 'files without a readable certificate' : `serial ${from}`
  return `rolled back from ${left} at ${formatMoment(atMs)}`
}

/** Stands for the serial where there was none to read. */
export const UNREAD = 'unread'
