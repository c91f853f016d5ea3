import type { EpochMs } from '../epoch-ms.ts'
import type { CertificateFacts } from '../facts.ts'

/** With no more than this share of its life left, a certificate is renewed although nobody can write that down. */
const LAST_SHARE = 1 / 10

/** Also when its life is over. Without a certificate there is nothing that could end. */
export function isUrgent(certificate: CertificateFacts | undefined, nowMs: EpochMs): boolean {
  if (!certificate) return false
  const { notBeforeMs, notAfterMs } = certificate
  return notAfterMs - nowMs <= (notAfterMs - notBeforeMs) * LAST_SHARE
}
