/**
 * What the revocation list of an issuer says of a certificate (RFC 5280 §5). Parsed and verified by @peculiar/x509, so only
 * whoever asks for lists imports this file.
 */
import 'reflect-metadata'
import { X509Certificate, X509Crl } from '@peculiar/x509'
import { formatMoment } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import { KeyrollerError } from '../core/errors.ts'
import type { ParsedCertificate } from './certificate-facts.ts'

export interface RevocationList {
  /** Why it cannot clear a certificate that it does not name; undefined when it can. */
  readonly staleness: (nowMs: EpochMs) => string | undefined
  /** When this serial was revoked; undefined when the list does not name it. */
  readonly revokedAtMs: (serial: string) => EpochMs | undefined
}

/**
 * A list that this very authority signed, with its name in it, and complete: one with a critical extension, such as a delta or
 * one of a part, tells nothing by what it leaves out (§5.2). Throws `revocation-unknown`.
 */
export async function readRevocationList(
  text: string,
  authority: ParsedCertificate,
): Promise<RevocationList> {
  const list = parse(text)
  const issuer = new X509Certificate(authority.x509.raw)
  const name = authority.facts.commonName
  if (list.issuer !== issuer.subject) throw unknown(`a revocation list of ${name}`, `one of ${list.issuer}`)
  if (!(await list.verify({ publicKey: issuer })))
    throw unknown(`a revocation list signed by ${name}`, 'a signature that does not verify')
  const critical = list.extensions.find(({ critical }) => critical)
  if (critical)
    throw unknown('a complete revocation list', `one with the critical extension ${critical.type}`)
  const revoked = new Map(
    list.entries.map(({ serialNumber, revocationDate }) => [
      numberOf(serialNumber),
      revocationDate.getTime(),
    ]),
  )
  return {
    staleness: (nowMs) => staleness(list, nowMs),
    revokedAtMs: (serial) => revoked.get(numberOf(serial)),
  }
}

/**
 * When it was revoked, undefined when it was not. What a list names stays revoked however old the list is; what it does not name
 * is clear only while the list is valid. Throws `revocation-unknown`.
 */
export function judgeSerial(list: RevocationList, serial: string, nowMs: EpochMs): EpochMs | undefined {
  const revokedAtMs = list.revokedAtMs(serial)
  if (revokedAtMs !== undefined) return revokedAtMs
  const why = list.staleness(nowMs)
  if (why !== undefined) throw unknown('a revocation list that is valid now', why)
  return undefined
}

function parse(text: string): X509Crl {
  try {
    return new X509Crl(text)
  } catch (cause) {
    throw new KeyrollerError(
      'revocation-unknown',
      'expected a revocation list, found something that is none',
      { cause },
    )
  }
}

function staleness({ thisUpdate, nextUpdate }: X509Crl, nowMs: EpochMs): string | undefined {
  if (thisUpdate.getTime() > nowMs + CLOCK_SLACK_MS)
    return `one from ${formatMoment(thisUpdate.getTime())}: compare the clocks`
  if (!nextUpdate) return 'one without an end'
  return nextUpdate.getTime() <= nowMs ? `one that ended at ${formatMoment(nextUpdate.getTime())}` : undefined
}

/** Vault writes the moment in which it made the list. */
const CLOCK_SLACK_MS = 300_000

/** A serial is a number, which one writes with leading zeros and another without. */
function numberOf(hex: string): bigint {
  return BigInt(`0x${hex}`)
}

function unknown(expected: string, found: string): KeyrollerError {
  return new KeyrollerError('revocation-unknown', `expected ${expected}, found ${found}`)
}
