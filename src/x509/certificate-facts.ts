/** What the pure core wants to know of a certificate, read with the runtime's own X509Certificate. */
import { type KeyObject, X509Certificate } from 'node:crypto'
import { isIPv6, SocketAddress } from 'node:net'
import type { EpochMs } from '../core/epoch-ms.ts'
import type { CertificateFacts } from '../core/facts.ts'
import type { KeyType } from '../core/key-type.ts'
import { SUBJECT_FIELDS, type SubjectField, type SubjectFields } from '../core/subject.ts'
import { toPem } from './pem.ts'

export interface ParsedCertificate {
  readonly x509: X509Certificate
  readonly facts: CertificateFacts
  /** The one spelling in which keyroller writes it. */
  readonly pem: string
}

/** Throws whatever the parser throws on bytes that are no certificate. */
export function parseCertificate(der: Buffer): ParsedCertificate {
  const x509 = new X509Certificate(der)
  const names = splitAltNames(x509.subjectAltName ?? '')
  const subject = splitName(x509.subject)
  const facts: CertificateFacts = {
    serial: x509.serialNumber.toLowerCase(),
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBeforeMs: parseMoment(x509.validFrom),
    notAfterMs: parseMoment(x509.validTo),
    commonName: commonNameOf(subject),
    subject: subjectFields(subject),
    issuerName: commonNameOf(splitName(x509.issuer)),
    dnsNames: names.get('DNS') ?? [],
    ipAddresses: (names.get('IP Address') ?? []).map(oneSpelling),
    uris: names.get('URI') ?? [],
    emails: names.get('email') ?? [],
    otherNameKinds: [...names.keys()].filter((kind) => !KINDS_ASKED_FOR.has(kind)),
    keyType: keyTypeOf(x509.publicKey),
    isCa: x509.ca,
    extendedKeyUsages: x509.keyUsage ?? [],
  }
  return { x509, facts, pem: toPem('CERTIFICATE', der) }
}

/** What a person calls it. */
export function describeCertificate({ facts }: ParsedCertificate): string {
  return facts.commonName || `serial ${facts.serial}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * `Nov  4 20:47:29 2026 GMT`, as ASN1_TIME_print(3) writes it. Node's own validFromDate goes through the date parser, which
 * loads the time zones first: two milliseconds of every run, for a moment that is in GMT by definition (RFC 5280 §4.1.2.5).
 */
function parseMoment(text: string): EpochMs {
  const match = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4}) GMT$/.exec(text)
  const month = MONTHS.indexOf(match?.[1] ?? '')
  if (!match || month < 0) throw new Error(`expected a moment in GMT, found ${text}`)
  const [day = 0, hour, minute, second, year = 0] = match.slice(2).map(Number)
  return Date.UTC(year, month, day, hour, minute, second)
}

/**
 * Node prints a name one part a line, ` + ` between the attributes of a part, with the escapes of RFC 2253 in the values
 * (ASN1_STRFLGS_ESC_2253, ASN1_STRFLGS_ESC_CTRL).
 */
const ATTRIBUTE = /(?:^|\n| \+ )([A-Za-z0-9.]+)=((?:\\.|[^\\\n])*?)(?= \+ |\n|$)/g
const ESCAPE = /\\(?:([0-9A-F]{2})|(.))/g

/** Values by OpenSSL's short name of the attribute. */
function splitName(name = ''): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [, attribute = '', value = ''] of name.matchAll(ATTRIBUTE))
    values.set(attribute, [...(values.get(attribute) ?? []), unescapeName(value)])
  return values
}

/** All common names joined, so that a second one can never hide behind the first. */
function commonNameOf(name: ReadonlyMap<string, readonly string[]>): string {
  return (name.get('CN') ?? []).join('+')
}

const SHORT_NAMES: Readonly<Record<SubjectField, string>> = {
  country: 'C',
  province: 'ST',
  locality: 'L',
  organization: 'O',
  organizationalUnit: 'OU',
  serialNumber: 'serialNumber',
}

function subjectFields(name: ReadonlyMap<string, readonly string[]>): SubjectFields {
  const held = SUBJECT_FIELDS.map((field) => [field, name.get(SHORT_NAMES[field])] as const)
  return Object.fromEntries(held.filter(([, values]) => values !== undefined))
}

function unescapeName(value: string): string {
  return value.replace(ESCAPE, (_, hex, char) => (hex ? String.fromCharCode(Number.parseInt(hex, 16)) : char))
}

const KINDS_ASKED_FOR: ReadonlySet<string> = new Set(['DNS', 'IP Address', 'URI', 'email'])

/** Node quotes a name that holds a separator as a JSON string (CVE-2021-44532), so splitting outside quotes is safe. */
function splitAltNames(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const [, kind = '', value = ''] of text.matchAll(/([A-Za-z ]+?):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const name = value.startsWith('"') ? String(JSON.parse(value)) : value
    names.set(kind, [...(names.get(kind) ?? []), name])
  }
  return names
}

/** Node writes `2001:DB8:0:0:0:0:0:1` what everybody else writes `2001:db8::1` (RFC 5952). */
function oneSpelling(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address
}

const CURVES: ReadonlyMap<string | undefined, KeyType> = new Map([
  ['prime256v1', 'ec-p256'],
  ['secp384r1', 'ec-p384'],
  ['secp521r1', 'ec-p521'],
])

export function keyTypeOf(key: KeyObject): KeyType | 'other' {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'ec':
      return CURVES.get(namedCurve) ?? 'other'
    case 'rsa':
      return modulusLength === 2048 || modulusLength === 3072 || modulusLength === 4096
        ? `rsa-${modulusLength}`
        : 'other'
    case 'ed25519':
      return 'ed25519'
    default:
      return 'other'
  }
}
