/**
 * PKCS#10 signing requests (RFC 2986), encoded here: a general generator costs twenty times as much, and a thousand leaves
 * are rolled in one run. Names are values, never text to be parsed: `app,O=evil` stays one common name.
 * `check-request.ts` has another parser read what came out, once for every new shape.
 */
import { createHash, sign } from 'node:crypto'
import type { KeyType } from '../core/key-type.ts'
import type { Issuance } from '../core/material.ts'
import { addressBytes, contextTag, der, TAG } from './der.ts'
import type { Keypair } from './keypair.ts'
import { toPem } from './pem.ts'
import { encodeSubject } from './subject.ts'

export interface SigningRequest {
  readonly pem: string
  /** The same for requests that differ only in their key: digest of names and key type. */
  readonly shape: string
}

/** A request for these names, signed with this key. */
export function makeSigningRequest(issuance: Issuance, { privateKey, publicKey }: Keypair): SigningRequest {
  const subject = encodeSubject(issuance)
  const attributes = encodeAttributes(issuance)
  const info = der(
    TAG.sequence,
    VERSION_1,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    attributes,
  )
  const { digest, algorithm } = SIGNATURES[issuance.keyType]
  const signature = sign(digest, info, { key: privateKey, dsaEncoding: 'der' })
  const request = der(TAG.sequence, info, algorithm, der(TAG.bitString, Buffer.from([0]), signature))
  const shape = createHash('sha256').update(issuance.keyType).update(subject).update(attributes).digest('hex')
  return { pem: toPem('CERTIFICATE REQUEST', request), shape }
}

const VERSION_1 = Buffer.from([0x02, 0x01, 0x00])

/** id-ce-subjectAltName (2.5.29.17), pkcs-9-at-extensionRequest (1.2.840.113549.1.9.14). */
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex')
const EXTENSION_REQUEST = Buffer.from('06092a864886f70d01090e', 'hex')

/** [0] Attributes: one extension request (RFC 2985 §5.4.2) with the alternative names, or none. */
function encodeAttributes(issuance: Issuance): Buffer {
  const names = [
    ...requestedDnsNames(issuance).map((name) => der(contextTag(2, 'primitive'), Buffer.from(name, 'ascii'))),
    ...issuance.ipAddresses.map((address) => der(contextTag(7, 'primitive'), addressBytes(address))),
    ...issuance.emails.map((email) => der(contextTag(1, 'primitive'), Buffer.from(email, 'ascii'))),
    ...issuance.uris.map((uri) => der(contextTag(6, 'primitive'), Buffer.from(uri, 'ascii'))),
  ]
  const none = contextTag(0, 'constructed')
  if (names.length === 0) return der(none)
  const extension = der(TAG.sequence, SUBJECT_ALT_NAME, der(TAG.octetString, der(TAG.sequence, ...names)))
  return der(none, der(TAG.sequence, EXTENSION_REQUEST, der(TAG.set, der(TAG.sequence, extension))))
}

/**
 * The DNS names a request asks for: those configured, and the common name when it has the form of one, since clients stopped
 * reading the common name (RFC 6125 §6.4.4).
 */
export function requestedDnsNames({ commonName, dnsNames }: Issuance): string[] {
  const isDnsName = /^(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/.test(commonName)
  return [...new Set([...(isDnsName ? [commonName] : []), ...dnsNames])]
}

interface SignatureKind {
  /** null where the algorithm brings its own hash. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null
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
  'ec-p521': { digest: 'sha512', algorithm: Buffer.from('300a06082a8648ce3d040304', 'hex') },
  ed25519: { digest: null, algorithm: Buffer.from('300506032b6570', 'hex') },
  'rsa-2048': RSA,
  'rsa-3072': RSA,
  'rsa-4096': RSA,
}
