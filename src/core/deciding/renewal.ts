/**
 * Whether a material must be issued anew: an ordered list of named checks, each named for the violation it finds. The first
 * that finds one decides; a test pins the order.
 */
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { CertificateFacts, PairFacts } from '../facts.ts'
import type { Paired } from '../material.ts'
import { findSubjectDrift } from './subject-drift.ts'

export interface RenewalInput {
  readonly material: Paired
  readonly facts: PairFacts
  readonly nowMs: EpochMs
  /** From `dueAt`; undefined when no leaf was read. */
  readonly dueAtMs: EpochMs | undefined
  readonly forced: boolean
  /** When the certificate was revoked, as far as anybody asked. */
  readonly revokedAtMs?: EpochMs | undefined
}

export type RenewalReason = (typeof RENEWAL_CHECKS)[number]['reason']

export interface Verdict<Reason extends string> {
  readonly reason: Reason
  readonly message: string
}

/** The first violation in order, or undefined when the set on disk may stay. */
export function judgeRenewal(input: RenewalInput): Verdict<RenewalReason> | undefined {
  for (const { reason, check } of RENEWAL_CHECKS) {
    const message = check(input)
    if (message !== undefined) return { reason, message }
  }
  return undefined
}

type Check = (input: RenewalInput) => string | undefined

export const RENEWAL_CHECKS = [
  { reason: 'missing', check: partIn('missing') },
  { reason: 'unreadable', check: partIn('unreadable') },
  { reason: 'malformed', check: partIn('malformed') },
  { reason: 'key-mismatch', check: keyMismatch },
  { reason: 'untrusted-chain', check: untrustedChain },
  { reason: 'subject-drift', check: onCertificate(subjectDrift) },
  { reason: 'key-type-drift', check: onCertificate(keyTypeDrift) },
  { reason: 'issuer-drift', check: onCertificate(issuerDrift) },
  { reason: 'revoked', check: revoked },
  { reason: 'expired', check: onCertificate(expired) },
  { reason: 'due', check: due },
  { reason: 'forced', check: ({ forced }) => (forced ? 'renewal was asked for' : undefined) },
] as const satisfies readonly { reason: string; check: Check }[]

function partIn(state: 'missing' | 'unreadable' | 'malformed'): Check {
  return ({ facts }) => {
    if (facts.key.state === state) return `private key: ${facts.key.why ?? state}`
    if (facts.leaf.state === state) return `certificate: ${facts.leaf.why ?? state}`
    return undefined
  }
}

function keyMismatch({ facts }: RenewalInput): string | undefined {
  return facts.keyMatches === false ? 'the private key on disk does not belong to the certificate' : undefined
}

function untrustedChain({ facts, material }: RenewalInput): string | undefined {
  if (facts.chain.state !== 'untrusted') return undefined
  return `expected a chain to ${material.issuance.trustFile}, found ${facts.chain.why}`
}

function onCertificate(
  check: (certificate: CertificateFacts, input: RenewalInput) => string | undefined,
): Check {
  return (input) => (input.facts.leaf.certificate ? check(input.facts.leaf.certificate, input) : undefined)
}

function subjectDrift(certificate: CertificateFacts, { material }: RenewalInput): string | undefined {
  return findSubjectDrift(certificate, material)
}

function keyTypeDrift(certificate: CertificateFacts, { material }: RenewalInput): string | undefined {
  const wanted = material.issuance.keyType
  return certificate.keyType === wanted
    ? undefined
    : `expected key type ${wanted}, found ${certificate.keyType}`
}

function issuerDrift(certificate: CertificateFacts, { material }: RenewalInput): string | undefined {
  const wanted = material.issuance.issuerName
  if (wanted === undefined || certificate.issuerName === wanted) return undefined
  return `expected issuer ${wanted}, found ${certificate.issuerName}`
}

function revoked({ revokedAtMs }: RenewalInput): string | undefined {
  return revokedAtMs === undefined ? undefined : `revoked at ${formatMoment(revokedAtMs)}`
}

function expired(certificate: CertificateFacts, { nowMs }: RenewalInput): string | undefined {
  if (nowMs < certificate.notAfterMs) return undefined
  return `expired ${formatDuration(nowMs - certificate.notAfterMs)} ago, at ${formatMoment(certificate.notAfterMs)}`
}

function due({ facts, nowMs, dueAtMs }: RenewalInput): string | undefined {
  if (dueAtMs === undefined || nowMs < dueAtMs || !facts.leaf.certificate) return undefined
  const leftMs = facts.leaf.certificate.notAfterMs - nowMs
  return `due since ${formatMoment(dueAtMs)}, ${formatDuration(leftMs)} of its life left`
}
