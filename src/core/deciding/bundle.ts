/** Which authorities a bundle holds. A new one comes in before anything here uses it; an old one stays while anything does. */

import type { EpochMs } from '../epoch-ms.ts'
import type { CertificateFacts } from '../facts.ts'
import { nameSome } from '../name-some.ts'

/** By fingerprint of an authority: until when a certificate of this host needs it. */
export type Needs = Readonly<Record<string, EpochMs>>

export interface Composition {
  /** In the order of the source, then what is only kept. */
  readonly authorities: readonly CertificateFacts[]
  readonly added: readonly CertificateFacts[]
  /** Not of the source any more, and still needed. */
  readonly kept: readonly CertificateFacts[]
  readonly dropped: readonly CertificateFacts[]
}

/** What has expired helps nobody and stays out, wherever it comes from. */
export function composeBundle(
  source: readonly CertificateFacts[],
  installed: readonly CertificateFacts[],
  needs: Needs,
  nowMs: EpochMs,
): Composition {
  const wanted = onePerFingerprint(source).filter(({ notAfterMs }) => nowMs < notAfterMs)
  const isIn = (some: readonly CertificateFacts[], one: CertificateFacts) =>
    some.some(({ fingerprint }) => fingerprint === one.fingerprint)
  const kept = onePerFingerprint(installed).filter(
    (one) => !isIn(wanted, one) && nowMs < one.notAfterMs && nowMs < (needs[one.fingerprint] ?? nowMs),
  )
  const authorities = [...wanted, ...kept]
  return {
    authorities,
    kept,
    added: wanted.filter((one) => !isIn(installed, one)),
    dropped: onePerFingerprint(installed).filter((one) => !isIn(authorities, one)),
  }
}

/** The later end of each: a certificate that was replaced is still trusted by whoever has it until it ends. */
export function joinNeeds(a: Needs, b: Needs, nowMs: EpochMs): Needs {
  const joined = new Map(Object.entries(a))
  for (const [fingerprint, untilMs] of Object.entries(b))
    joined.set(fingerprint, Math.max(untilMs, joined.get(fingerprint) ?? 0))
  return Object.fromEntries([...joined].filter(([, untilMs]) => nowMs < untilMs))
}

/** `adds A; keeps B, still needed here; drops C`, or undefined when the set is as it was. */
export function describeChange({ added, kept, dropped }: Composition): string | undefined {
  if (added.length === 0 && dropped.length === 0) return undefined
  const parts = [
    ...(added.length > 0 ? [`adds ${names(added)}`] : []),
    ...(kept.length > 0 ? [`keeps ${names(kept)}, still needed here`] : []),
    ...(dropped.length > 0 ? [`drops ${names(dropped)}`] : []),
  ]
  return parts.join('; ')
}

/** For people: two authorities of one name differ by their serial. */
export function names(authorities: readonly CertificateFacts[]): string {
  return nameSome(authorities.map(({ commonName, serial }) => `${commonName || 'unnamed'} (${serial})`))
}

function onePerFingerprint(authorities: readonly CertificateFacts[]): CertificateFacts[] {
  return [...new Map(authorities.map((one) => [one.fingerprint, one])).values()]
}
