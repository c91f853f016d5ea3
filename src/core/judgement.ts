/**
 * Whether an answer of the PKI may be installed: ordered named checks, as in `renewal.ts`. An issuer near its own end can
 * return an expired leaf; a changed role can return other names. What fails here never reaches the disk.
 */

import type { Verdict } from './deciding/renewal.ts'
import { findSubjectDrift } from './deciding/subject-drift.ts'
import { formatDuration, formatMoment } from './duration.ts'
import type { EpochMs } from './epoch-ms.ts'
import type { CertificateFacts } from './facts.ts'
import type { Paired } from './material.ts'

export interface IssuedFacts {
  readonly material: Paired
  readonly answer: AnswerFacts
  /** End of the certificate on disk; undefined when there is none. */
  readonly currentNotAfterMs: EpochMs | undefined
  readonly nowMs: EpochMs
}

/** `malformed`: not one certificate and its intermediates, each a PEM block by the strict grammar. */
export type AnswerFacts = ReadAnswer | { readonly state: 'malformed'; readonly why: string }

export interface ReadAnswer {
  readonly state: 'read'
  readonly certificate: CertificateFacts
  /** Whether the certificate holds the public key of the request. */
  readonly keyMatches: boolean
  /** Of the certificate and of every intermediate that goes along; anchors are trusted for what they are. */
  readonly signatures: readonly SignatureFacts[]
  /** Why the chain does not end in the anchors; undefined when it does. */
  readonly chainFault: string | undefined
}

export interface SignatureFacts {
  /** Whose signature it is on, as a person calls it. */
  readonly subject: string
  /** OpenSSL's long name, such as `ecdsa-with-SHA256`. */
  readonly algorithm: string
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
  { reason: 'malformed', check: malformed },
  { reason: 'other-key', check: onAnswer(otherKey) },
  { reason: 'expired', check: onAnswer(expired) },
  { reason: 'not-yet-valid', check: onAnswer(notYetValid) },
  { reason: 'too-short', check: onAnswer(tooShort) },
  { reason: 'backdated', check: onAnswer(backdated) },
  { reason: 'authority', check: onAnswer(authority) },
  {
    reason: 'other-names',
    check: onAnswer(({ certificate }, { material }) => findSubjectDrift(certificate, material)),
  },
  { reason: 'other-issuer', check: onAnswer(otherIssuer) },
  { reason: 'wrong-usage', check: onAnswer(wrongUsage) },
  { reason: 'weak-signature', check: onAnswer(weakSignature) },
  { reason: 'untrusted-chain', check: onAnswer(untrustedChain) },
] as const satisfies readonly { reason: string; check: Check }[]

function onAnswer(check: (answer: ReadAnswer, facts: IssuedFacts) => string | undefined): Check {
  return (facts) => (facts.answer.state === 'read' ? check(facts.answer, facts) : undefined)
}

function malformed({ answer }: IssuedFacts): string | undefined {
  return answer.state === 'malformed' ? answer.why : undefined
}

function otherKey({ keyMatches }: ReadAnswer): string | undefined {
  return keyMatches ? undefined : 'expected the key of the request, found another'
}

function expired({ certificate }: ReadAnswer, { nowMs }: IssuedFacts): string | undefined {
  if (certificate.notAfterMs > nowMs) return undefined
  return `expected a certificate that is valid now, found one that expired at ${formatMoment(certificate.notAfterMs)}: compare the clocks`
}

function notYetValid({ certificate }: ReadAnswer, { nowMs }: IssuedFacts): string | undefined {
  if (certificate.notBeforeMs <= nowMs) return undefined
  const aheadMs = certificate.notBeforeMs - nowMs
  return `expected a certificate that is valid now, found one valid in ${formatDuration(aheadMs)}: compare the clocks`
}

/**
 * A role whose lifetime was cut must not make a host worse off: what ends before the certificate on disk, and grants less
 * than half of what was asked, stays out. Without an asked lifetime the one left on disk is the measure.
 */
function tooShort(
  { certificate }: ReadAnswer,
  { currentNotAfterMs, material, nowMs }: IssuedFacts,
): string | undefined {
  if (currentNotAfterMs === undefined || currentNotAfterMs <= nowMs) return undefined
  const grantedMs = certificate.notAfterMs - nowMs
  const askedMs = material.issuance.ttlMs ?? currentNotAfterMs - nowMs
  if (certificate.notAfterMs >= currentNotAfterMs || grantedMs >= askedMs / 2) return undefined
  const onDisk = `the one on disk lives until ${formatMoment(currentNotAfterMs)}`
  const role = `${material.issuance.pkiMount}/roles/${material.issuance.role}`
  return `expected about ${formatDuration(askedMs)} of life from ${role}, found ${formatDuration(grantedMs)}, and ${onDisk}`
}

/** Vault backdates by 30 s (`not_before_duration`), and clocks differ. */
const TOLERATED_AGE_MS = 5 * 60_000

/**
 * When a certificate is due follows from its own lifetime, never before half of it. One that has half of it behind it when
 * it comes would be due at once and again at every run.
 */
function backdated({ certificate }: ReadAnswer, { nowMs }: IssuedFacts): string | undefined {
  const { notBeforeMs, notAfterMs } = certificate
  const ageMs = nowMs - notBeforeMs
  if (ageMs <= TOLERATED_AGE_MS || ageMs < (notAfterMs - notBeforeMs) / 2) return undefined
  const since = `valid since ${formatMoment(notBeforeMs)}`
  return `expected a certificate whose life begins now, found one ${since}, ${formatDuration(ageMs)} ago`
}

function authority({ certificate }: ReadAnswer): string | undefined {
  return certificate.isCa ? 'expected a leaf, found a CA certificate' : undefined
}

function otherIssuer({ certificate }: ReadAnswer, { material }: IssuedFacts): string | undefined {
  const wanted = material.issuance.issuerName
  if (wanted === undefined || certificate.issuerName === wanted) return undefined
  return `expected issuer ${wanted}, found ${certificate.issuerName}`
}

/** RFC 5280 §4.2.1.12: without the extension, or with anyExtendedKeyUsage, every purpose is allowed. */
const ANY = '2.5.29.37.0'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

function wrongUsage({ certificate }: ReadAnswer, { material }: IssuedFacts): string | undefined {
  const usages = certificate.extendedKeyUsages
  const isServer = material.probes.some(({ kind }) => kind === 'tls')
  const wanted = material.kind === 'identity' ? CLIENT_AUTH : isServer ? SERVER_AUTH : undefined
  if (wanted === undefined || usages.length === 0 || usages.includes(wanted) || usages.includes(ANY))
    return undefined
  const name = wanted === CLIENT_AUTH ? 'client authentication' : 'server authentication'
  return `expected extended key usage ${name}, found ${usages.join(', ')}`
}

/** Broken for signing (RFC 6151, RFC 8446 §4.4.2.4), and refused by OpenSSL from security level 1 on. */
const WEAK_HASH = /md[245]|sha1(?!\d)/i

function weakSignature({ signatures }: ReadAnswer): string | undefined {
  const weak = signatures.find(({ algorithm }) => WEAK_HASH.test(algorithm))
  return weak && `expected a signature with SHA-256 or better, found ${weak.algorithm} on ${weak.subject}`
}

function untrustedChain({ chainFault }: ReadAnswer, { material }: IssuedFacts): string | undefined {
  return chainFault === undefined
    ? undefined
    : `expected a chain to ${material.issuance.trustFile}, found ${chainFault}`
}
