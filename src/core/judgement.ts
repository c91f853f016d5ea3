/**
 * Whether an answer of the PKI may be installed: ordered named checks, as in `renewal.ts`. An issuer near its own end can
 * return an expired leaf; a changed role can return other names. What fails here never reaches the disk.
 */
import { formatDuration, formatMoment } from './duration.ts'
import type { CertificateFacts } from './facts.ts'
import type { EpochMs, Material } from './material.ts'
import type { Verdict } from './renewal.ts'
import { findSubjectDrift } from './subject-drift.ts'

export interface IssuedFacts {
  readonly material: Material
  readonly certificate: CertificateFacts
  /** Whether the certificate holds the public key of the request. */
  readonly keyMatches: boolean
  /** End of the certificate on disk; undefined when there is none. */
  readonly currentNotAfterMs: EpochMs | undefined
  /** Why the chain does not end in the anchors; undefined when it does. */
  readonly chainFault: string | undefined
  readonly nowMs: EpochMs
}

export type JudgementReason = (typeof JUDGEMENTS)[number]['reason']

/** The first fault in order, or undefined when the certificate may be installed. */
export function judgeIssued(facts: IssuedFacts): Verdict<JudgementReason> | undefined {
  for (const { reason, check } of JUDGEMENTS) {
    const message = check(facts)
    if (message !== undefined) return { reason, message }
  }
  return undefined
}

type Check = (facts: IssuedFacts) => string | undefined

export const JUDGEMENTS = [
  {
    reason: 'other-key',
    check: ({ keyMatches }) => (keyMatches ? undefined : 'expected the key of the request, found another'),
  },
  { reason: 'expired', check: expired },
  { reason: 'not-yet-valid', check: notYetValid },
  { reason: 'too-short', check: tooShort },
  {
    reason: 'authority',
    check: ({ certificate }) => (certificate.isCa ? 'expected a leaf, found a CA certificate' : undefined),
  },
  { reason: 'other-names', check: ({ certificate, material }) => findSubjectDrift(certificate, material) },
  { reason: 'other-issuer', check: otherIssuer },
  { reason: 'wrong-usage', check: wrongUsage },
  { reason: 'untrusted-chain', check: untrustedChain },
] as const satisfies readonly { reason: string; check: Check }[]

function expired({ certificate, nowMs }: IssuedFacts): string | undefined {
  if (certificate.notAfterMs > nowMs) return undefined
  return `expected a certificate that is valid now, found one that expired at ${formatMoment(certificate.notAfterMs)}: compare the clocks`
}

function notYetValid({ certificate, nowMs }: IssuedFacts): string | undefined {
  if (certificate.notBeforeMs <= nowMs) return undefined
  const aheadMs = certificate.notBeforeMs - nowMs
  return `expected a certificate that is valid now, found one valid in ${formatDuration(aheadMs)}: compare the clocks`
}

/**
 * A role whose lifetime was cut must not make a host worse off: what ends before the certificate on disk, and grants less
 * than half of what was asked, stays out. Without an asked lifetime the one left on disk is the measure.
 */
function tooShort({ certificate, currentNotAfterMs, material, nowMs }: IssuedFacts): string | undefined {
  if (currentNotAfterMs === undefined || currentNotAfterMs <= nowMs) return undefined
  const grantedMs = certificate.notAfterMs - nowMs
  const askedMs = material.issuance.ttlMs ?? currentNotAfterMs - nowMs
  if (certificate.notAfterMs >= currentNotAfterMs || grantedMs >= askedMs / 2) return undefined
  const onDisk = `the one on disk lives until ${formatMoment(currentNotAfterMs)}`
  return `expected about ${formatDuration(askedMs)} of life, found ${formatDuration(grantedMs)}, and ${onDisk}`
}

function otherIssuer({ certificate, material }: IssuedFacts): string | undefined {
  const wanted = material.issuance.issuerName
  if (wanted === undefined || certificate.issuerName === wanted) return undefined
  return `expected issuer ${wanted}, found ${certificate.issuerName}`
}

/** RFC 5280 §4.2.1.12: without the extension, or with anyExtendedKeyUsage, every purpose is allowed. */
const ANY = '2.5.29.37.0'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

function wrongUsage({ certificate, material }: IssuedFacts): string | undefined {
  const usages = certificate.extendedKeyUsages
  const wanted = material.kind === 'identity' ? CLIENT_AUTH : material.probe ? SERVER_AUTH : undefined
  if (wanted === undefined || usages.length === 0 || usages.includes(wanted) || usages.includes(ANY))
    return undefined
  const name = wanted === CLIENT_AUTH ? 'client authentication' : 'server authentication'
  return `expected extended key usage ${name}, found ${usages.join(', ')}`
}

function untrustedChain({ chainFault, material }: IssuedFacts): string | undefined {
  return chainFault === undefined
    ? undefined
    : `expected a chain to ${material.issuance.trustFile}, found ${chainFault}`
}
