/** What the pure core wants to know of a certificate, read with the runtime's own X509Certificate. */
import { type KeyObject, X509Certificate } from 'node:crypto'
import type { CertificateFacts } from '../core/facts.ts'
import type { KeyType } from '../core/material.ts'

export interface ParsedCertificate {
  readonly x509: X509Certificate
  readonly facts: CertificateFacts
}

/** Throws whatever the parser throws on bytes that are no certificate. */
export function parseCertificate(der: Buffer): ParsedCertificate {
  const x509 = new X509Certificate(der)
  const names = splitAltNames(x509.subjectAltName ?? '')
  const facts: CertificateFacts = {
    serial: x509.serialNumber.toLowerCase(),
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBeforeMs: x509.validFromDate.getTime(),
    notAfterMs: x509.validToDate.getTime(),
    commonName: commonNameOf(x509.subject),
    issuerName: commonNameOf(x509.issuer),
    dnsNames: names.get('DNS') ?? [],
    ipAddresses: names.get('IP Address') ?? [],
    uris: names.get('URI') ?? [],
    keyType: keyTypeOf(x509.publicKey),
    isCa: x509.ca,
    extendedKeyUsages: x509.keyUsage ?? [],
  }
  return { x509, facts }
}

/** All common names joined, so that a second one can never hide behind the first. */
function commonNameOf(name: string | undefined): string {
  const lines = (name ?? '').split('\n').filter((line) => line.startsWith('CN='))
  return lines.map((line) => line.slice('CN='.length)).join('+')
}

/** Node quotes a name that holds a separator as a JSON string (CVE-2021-44532), so splitting outside quotes is safe. */
function splitAltNames(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const [, kind = '', value = ''] of text.matchAll(/([A-Za-z ]+?):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const name = value.startsWith('"') ? String(JSON.parse(value)) : value
    names.set(kind, [...(names.get(kind) ?? []), name])
  }
  return names
}

export function keyTypeOf(key: KeyObject): KeyType | 'other' {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'ec':
      return namedCurve === 'prime256v1' ? 'ec-p256' : namedCurve === 'secp384r1' ? 'ec-p384' : 'other'
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
