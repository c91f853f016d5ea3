/** What was rolled back stays so: being due does not renew it, as long as there is life enough to wait for a person. */
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { CertificateFacts } from '../facts.ts'
import type { MaterialId } from '../material.ts'
import type { MaterialMemory } from '../memory.ts'

export interface RollbackHold {
  /** Serial that was left, or `unread`. */
  readonly from: string
  readonly atMs: EpochMs
  /** Unset when a person asked for it. */
  readonly why?: string
}

/** Only for the very certificate that was gone back to: whatever is installed over it ends the hold. */
export function findRollbackHold(
  memory: MaterialMemory | undefined,
  certificate: CertificateFacts | undefined,
): RollbackHold | undefined {
  const { rolledBackFrom, rolledBackWhy, fingerprint, atMs } = memory?.issued ?? {}
  if (rolledBackFrom === undefined || atMs === undefined) return undefined
  if (!certificate || certificate.fingerprint !== fingerprint) return undefined
  return { from: rolledBackFrom, atMs, ...(rolledBackWhy === undefined ? {} : { why: rolledBackWhy }) }
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

export function heldMessage(hold: RollbackHold, id: MaterialId, dueAtMs: EpochMs): string {
  const forward = `keyroller renew --now ${id} rolls forward, and by itself it does at ${formatMoment(dueAtMs)}`
  return `${rolledBack(hold)}; ${forward}`
}

/** Beside the reason why it is renewed in spite of the rollback. */
export function endedMessage(hold: RollbackHold): string {
  return `${rolledBack(hold)}, which ends with the last tenth of its life`
}

function rolledBack({ from, atMs, why }: RollbackHold): string {
  const left = from === UNREAD ? 'files without a readable certificate' : `serial ${from}`
  const because = why === undefined ? '' : ` because it was not served (${why})`
  return `rolled back from ${left} at ${formatMoment(atMs)}${because}`
}

/** Stands for the serial where there was none to read. */
export const UNREAD = 'unread'
