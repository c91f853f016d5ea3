/**
 * PKCS#10 signing requests (RFC 2986). @peculiar/x509 encodes the names, once per material; key, signature and the frame
 * around them come from node:crypto and a few DER headers, because its own generator costs twenty times as much per request
 * (bench/README says how that was measured). A test has @peculiar/x509 parse and verify the result for every key type.
 * The only home of @peculiar/x509.
 */
import { sign } from 'node:crypto'
import type { Issuance, KeyType } from '../core/material.ts'
import type { Keypair } from './keypair.ts'
import { toPem } from './pem.ts'

/** PEM of a request for these names, signed with this key. */
export async function makeSigningRequest(
  issuance: Issuance,
  { privateKey, publicKey }: Keypair,
): Promise<string> {
  const names = await encodeNames(issuance)
  const info = der(
    0x30,
    VERSION_1,
    names.subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    names.attributes,
  )
  const { digest, algorithm } = SIGNATURES[issuance.keyType]
  const signature = sign(digest, info, { key: privateKey, dsaEncoding: 'der' })
  const request = der(0x30, info, algorithm, der(0x03, Buffer.from([0]), signature))
  return toPem('CERTIFICATE REQUEST', request)
}

const VERSION_1 = Buffer.from([0x02, 0x01, 0x00])

/**
 * The common name as a typed value, never as text, in which the library would see quotes, escapes, `#hex` and `,O=` at work:
 * `app,O=evil` must stay one common name. The alternative names hold the
 * common name too when it is a DNS name, since clients stopped reading the common name (RFC 6125 §6.4.4).
 */
async function encodeNames(issuance: Issuance): Promise<{ subject: Buffer; attributes: Buffer }> {
  await import('reflect-metadata')
  const { ExtensionsAttribute, Name, SubjectAlternativeNameExtension } = await import('@peculiar/x509')
  const subject = Buffer.from(new Name([{ CN: [{ utf8String: issuance.commonName }] }]).toArrayBuffer())
  const names = [
    ...requestedDnsNames(issuance).map((value) => ({ type: 'dns' as const, value })),
    ...issuance.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ...issuance.uris.map((value) => ({ type: 'url' as const, value })),
  ]
  if (names.length === 0) return { subject, attributes: der(0xa0) }
  const attribute = new ExtensionsAttribute([new SubjectAlternativeNameExtension(names)])
  return { subject, attributes: der(0xa0, Buffer.from(attribute.rawData)) }
}

/** The DNS names a request asks for: those configured, and the common name when it has the form of one. */
export function requestedDnsNames({ commonName, dnsNames }: Issuance): string[] {
  const isDnsName = /^(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/.test(commonName)
  return [...new Set([...(isDnsName ? [commonName] : []), ...dnsNames])]
}

interface SignatureKind {
  /** null where the algorithm brings its own hash. */
  readonly digest: 'sha256' | 'sha384' | null
  /** The AlgorithmIdentifier in DER: RFC 5758 §3.2, RFC 4055 §5, RFC 8410 §3. */
  readonly algorithm: Buffer
}

const RSA: SignatureKind = {
  digest: 'sha256',
  algorithm: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
}

const SIGNATURES: Record<KeyType, SignatureKind> = {
  'ec-p256': { digest: 'sha256', algorithm: Buffer.from('300a06082a8648ce3d040302', 'hex') },
  'ec-p384': { digest: 'sha384', algorithm: Buffer.from('300a06082a8648ce3d040303', 'hex') },
  ed25519: { digest: null, algorithm: Buffer.from('300506032b6570', 'hex') },
  'rsa-2048': RSA,
  'rsa-3072': RSA,
  'rsa-4096': RSA,
}

/** One DER value: tag, definite length (X.690 §8.1.3), content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).padStart(8, '0'), 'hex')
  const significant = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, content])
}
