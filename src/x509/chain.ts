import type { X509Certificate } from 'node:crypto'
import { formatMoment } from '../core/duration.ts'
import type { EpochMs } from '../core/material.ts'
import type { ParsedCertificate } from './certificate-facts.ts'

/** Longer than any PKI keyroller has met; a loop of cross-signed authorities must end. */
const MAX_DEPTH = 8

/** Anchors of one trust file, with what was already proved to lead to them in this run. */
export interface TrustAnchors {
  readonly certificates: readonly ParsedCertificate[]
  /** Fingerprints of intermediates found good; a thousand leaves of one issuer verify it once. */
  readonly proved: Set<string>
}

/**
 * Why a leaf does not chain to the anchors through these intermediates, or undefined when it does. Every signature, CA flag
 * and validity above the leaf is checked; the leaf's own validity is the renewal checks' business. Name constraints and
 * path lengths are not (OpenSSL in the consumer checks them).
 */
export function findChainFault(
  leaf: ParsedCertificate,
  intermediates: readonly ParsedCertificate[],
  anchors: TrustAnchors,
  nowMs: EpochMs,
): string | undefined {
  let child = leaf
  const passed: string[] = []
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const anchor = anchors.certificates.find((one) => isIssuedBy(child.x509, one.x509))
    if (anchor) {
      const fault = validityFault(anchor, nowMs)
      if (fault === undefined) for (const fingerprint of passed) anchors.proved.add(fingerprint)
      return fault
    }
    const parent = intermediates.find(
      (one) => one !== child && one.facts.isCa && isIssuedBy(child.x509, one.x509),
    )
    if (!parent) return `no issuer of ${describe(child)} (${child.facts.issuerName || 'unnamed'})`
    const fault = validityFault(parent, nowMs)
    if (fault !== undefined) return fault
    if (anchors.proved.has(parent.facts.fingerprint)) return undefined
    passed.push(parent.facts.fingerprint)
    child = parent
  }
  return `no anchor within ${MAX_DEPTH} certificates`
}

/** The name check is cheap and spares signatures that could not verify. */
function isIssuedBy(child: X509Certificate, parent: X509Certificate): boolean {
  return child.checkIssued(parent) && child.verify(parent.publicKey)
}

function validityFault(authority: ParsedCertificate, nowMs: EpochMs): string | undefined {
  const { notBeforeMs, notAfterMs } = authority.facts
  if (nowMs >= notAfterMs) return `${describe(authority)}, which expired at ${formatMoment(notAfterMs)}`
  if (nowMs < notBeforeMs)
    return `${describe(authority)}, which is not valid before ${formatMoment(notBeforeMs)}`
  return undefined
}

function describe({ facts }: ParsedCertificate): string {
  return facts.commonName || `serial ${facts.serial}`
}
