/** The authorities of a bundle: judged when they come from a mount, read back from its file, and who on this host needs them. */
import { formatMoment } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import { KeyrollerError } from '../core/errors.ts'
import type { PartFacts } from '../core/facts.ts'
import { describeCertificate, type ParsedCertificate } from './certificate-facts.ts'
import { parseChain } from './certificates.ts'
import { findChainFault, type TrustAnchors } from './chain.ts'

/**
 * What a mount gave as the chain of its issuer, and behind it the anchors that issued any of it. Anybody could have answered
 * without a login, so nothing is taken that is no authority or does not lead to the anchors; what has expired is left out.
 * Throws `issue-invalid`.
 */
export function judgeMountChain(text: string, anchors: TrustAnchors, nowMs: EpochMs): ParsedCertificate[] {
  const sent = parseChain(text)
  const leaf = sent.find(({ facts }) => !facts.isCa)
  if (leaf) throw invalid('only CA certificates', describeCertificate(leaf))
  const valid = sent.filter(({ facts }) => nowMs < facts.notAfterMs)
  const [expired] = sent
  if (valid.length === 0)
    throw invalid(
      'a chain that is valid now',
      expired ? `one that expired at ${formatMoment(expired.facts.notAfterMs)}` : 'none',
    )
  for (const one of valid) {
    const fault = isAmong(one, anchors.certificates) ? undefined : findChainFault(one, valid, anchors, nowMs)
    if (fault !== undefined) throw invalid('a chain to the anchors', fault)
  }
  const above = anchors.certificates.filter(
    (anchor) => !isAmong(anchor, valid) && valid.some(({ x509 }) => x509.checkIssued(anchor.x509)),
  )
  return [...valid, ...above]
}

/** What a bundle file on disk holds; with anything but authorities in it the file is none. */
export function readBundle(content: Buffer): {
  readonly facts: PartFacts
  readonly authorities?: readonly ParsedCertificate[]
} {
  try {
    const authorities = parseChain(content.toString('utf8'))
    const leaf = authorities.find(({ facts }) => !facts.isCa)
    if (authorities.length === 0) return { facts: { state: 'malformed', why: 'it holds no certificate' } }
    if (leaf)
      return { facts: { state: 'malformed', why: `it holds ${describeCertificate(leaf)}, no authority` } }
    return { facts: { state: 'read' }, authorities }
  } catch (error) {
    const why = error instanceof KeyrollerError ? error.message : 'it holds something that is no certificate'
    return { facts: { state: 'malformed', why } }
  }
}

export function renderBundle(authorities: readonly ParsedCertificate[]): Buffer {
  return Buffer.from(authorities.map(({ pem }) => pem).join(''))
}

/**
 * By fingerprint of an authority: the end of the last certificate that stands below it, by names and key identifiers. Each
 * chain is a leaf, then whatever its files hold above it.
 */
export function findNeeds(
  authorities: readonly ParsedCertificate[],
  chains: readonly (readonly ParsedCertificate[])[],
): Record<string, EpochMs> {
  const needs = new Map<string, EpochMs>()
  for (const [leaf, ...above] of chains) {
    if (!leaf) continue
    for (const { facts } of issuersAbove(leaf, [...authorities, ...above]))
      needs.set(facts.fingerprint, Math.max(leaf.facts.notAfterMs, needs.get(facts.fingerprint) ?? 0))
  }
  const own = new Set(authorities.map(({ facts }) => facts.fingerprint))
  return Object.fromEntries([...needs].filter(([fingerprint]) => own.has(fingerprint)))
}

/** Roots included, and every certificate of an authority that has several. */
function issuersAbove(leaf: ParsedCertificate, candidates: readonly ParsedCertificate[]) {
  const above = new Set<ParsedCertificate>()
  const children = [leaf]
  for (let child = children.shift(); child !== undefined; child = children.shift()) {
    for (const parent of candidates) {
      if (above.has(parent) || !child.x509.checkIssued(parent.x509)) continue
      above.add(parent)
      children.push(parent)
    }
  }
  return above
}

function isAmong(one: ParsedCertificate, others: readonly ParsedCertificate[]): boolean {
  return others.some(({ facts }) => facts.fingerprint === one.facts.fingerprint)
}

function invalid(expected: string, found: string): KeyrollerError {
  return new KeyrollerError('issue-invalid', `expected ${expected}, found ${found}`)
}
