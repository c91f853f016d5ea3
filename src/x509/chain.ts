import { formatMoment } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import { describeCertificate, type ParsedCertificate } from './certificate-facts.ts'

/** Longer than any PKI keyroller has met; a loop of cross-signed authorities must end. */
const MAX_DEPTH = 8

/** Anchors of one trust file, with what was already proved to lead to them in this run. */
export interface TrustAnchors {
  readonly certificates: readonly ParsedCertificate[]
  /** Fingerprints of intermediates found good; a thousand leaves of one issuer verify it once. */
  readonly proved: Set<string>
  /** Authorities met so far, by their DER in base64 and by the PEM they came in: a thousand chains hold the same few. */
  readonly known: Map<string, ParsedCertificate>
  /** Who has signed whom, by the fingerprints of both: for whoever asks again for another moment. Unset: verified each time. */
  readonly signed?: Map<string, boolean>
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
  const authorities = intermediates.filter(({ facts }) => facts.isCa)
  return climb(leaf, { authorities, anchors, nowMs, tried: new Set() }, 0)
}

/**
 * Those of the certificates sent along that stand above the leaf, its issuer first, by names and key identifiers. What is
 * left out has no part in any chain, or is a root, which whoever verifies must have already (RFC 8446 §4.4.2).
 */
export function authoritiesAbove(
  leaf: ParsedCertificate,
  sent: readonly ParsedCertificate[],
): ParsedCertificate[] {
  const rest = new Set(sent.filter(({ facts, x509 }) => facts.isCa && !x509.checkIssued(x509)))
  const above: ParsedCertificate[] = []
  const children = [leaf]
  for (let child = children.shift(); child !== undefined; child = children.shift()) {
    for (const parent of rest) {
      if (!child.x509.checkIssued(parent.x509)) continue
      rest.delete(parent)
      above.push(parent)
      children.push(parent)
    }
  }
  return above
}

interface Climb {
  readonly authorities: readonly ParsedCertificate[]
  readonly anchors: TrustAnchors
  readonly nowMs: EpochMs
  readonly tried: Set<ParsedCertificate>
}

/**
 * Every issuer is tried, since an authority renewed or cross-signed with its key has several certificates, and one may have
 * expired. Each is tried once, so that authorities that signed each other come to an end. The first fault met is told.
 */
function climb(child: ParsedCertificate, climbing: Climb, depth: number): string | undefined {
  if (depth === MAX_DEPTH) return `no anchor within ${MAX_DEPTH} certificates`
  const { anchors, nowMs } = climbing
  const faults: string[] = []
  for (const anchor of issuersOf(child, anchors.certificates, anchors.signed)) {
    const fault = validityFault(anchor, nowMs)
    if (fault === undefined) return undefined
    faults.push(fault)
  }
  for (const parent of issuersOf(child, climbing.authorities, anchors.signed)) {
    if (climbing.tried.has(parent)) continue
    climbing.tried.add(parent)
    const fault = validityFault(parent, nowMs) ?? climbOnce(parent, climbing, depth + 1)
    if (fault === undefined) return undefined
    faults.push(fault)
  }
  return faults[0] ?? `no issuer of ${describeCertificate(child)} (${child.facts.issuerName || 'unnamed'})`
}

function climbOnce(authority: ParsedCertificate, climbing: Climb, depth: number): string | undefined {
  const { proved } = climbing.anchors
  if (proved.has(authority.facts.fingerprint)) return undefined
  const fault = climb(authority, climbing, depth)
  if (fault === undefined) proved.add(authority.facts.fingerprint)
  return fault
}

/** One after another, so that no signature is verified behind the one that leads to an anchor. */
function* issuersOf(
  child: ParsedCertificate,
  authorities: readonly ParsedCertificate[],
  signed: TrustAnchors['signed'],
) {
  for (const authority of authorities) if (isIssuedBy(child, authority, signed)) yield authority
}

/** The name check is cheap and spares signatures that could not verify; of those that it rules out nothing is kept. */
function isIssuedBy(
  child: ParsedCertificate,
  parent: ParsedCertificate,
  signed: TrustAnchors['signed'],
): boolean {
  const both = `${child.facts.fingerprint} ${parent.facts.fingerprint}`
  const known = signed?.get(both)
  if (known !== undefined) return known
  if (!child.x509.checkIssued(parent.x509)) return false
  const is = child.x509.verify(parent.x509.publicKey)
  signed?.set(both, is)
  return is
}

function validityFault(authority: ParsedCertificate, nowMs: EpochMs): string | undefined {
  const { notBeforeMs, notAfterMs } = authority.facts
  if (nowMs >= notAfterMs)
    return `${describeCertificate(authority)}, which expired at ${formatMoment(notAfterMs)}`
  if (nowMs < notBeforeMs)
    return `${describeCertificate(authority)}, which is not valid before ${formatMoment(notBeforeMs)}`
  return undefined
}
