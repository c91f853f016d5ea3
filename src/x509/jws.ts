/** Compact JWS (RFC 7515 §7.1) with the certificates of the key in `x5c`: whoever has the authority can verify it. */
import { createPrivateKey, type KeyObject, sign, verify } from 'node:crypto'
import type { KeyType } from '../core/key-type.ts'
import { keyTypeOf, type ParsedCertificate, parseCertificate } from './certificate-facts.ts'

/** RFC 7518 §3.1, RFC 8037 §3.1; RSA as §3.3, since everything that verifies at all knows it. */
export const JWS_ALGORITHMS: Readonly<
  Record<KeyType, { readonly alg: string; readonly hash: string | null }>
> = {
  'ec-p256': { alg: 'ES256', hash: 'sha256' },
  'ec-p384': { alg: 'ES384', hash: 'sha384' },
  'ec-p521': { alg: 'ES512', hash: 'sha512' },
  'rsa-2048': { alg: 'RS256', hash: 'sha256' },
  'rsa-3072': { alg: 'RS256', hash: 'sha256' },
  'rsa-4096': { alg: 'RS256', hash: 'sha256' },
  ed25519: { alg: 'EdDSA', hash: null },
}

/** The leaf of the key, then the authorities above it. Throws for another key, and for a type that keyroller makes none of. */
export function signJws(payload: string, keyPem: string, certificates: readonly ParsedCertificate[]): string {
  const key = createPrivateKey(keyPem)
  if (!certificates[0]?.x509.checkPrivateKey(key))
    throw new Error('expected the key of the certificate, found another')
  const { alg, hash } = algorithmOf(key)
  // RFC 7515 §4.1.6: base64, not base64url.
  const x5c = certificates.map(({ x509 }) => x509.raw.toString('base64'))
  const input = `${encode(JSON.stringify({ alg, x5c }))}.${encode(payload)}`
  const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

export interface VerifiedJws {
  readonly payload: string
  /** The leaf whose key has signed, then what was sent along. Whether it is to be trusted is not said. */
  readonly certificates: readonly [ParsedCertificate, ...ParsedCertificate[]]
}

/**
 * The algorithm is that of the key, whatever the header says (RFC 8725 §3.1), and every part must be in its one spelling: base64
 * has bits that no decoder looks at. `known` keeps parsed certificates between calls. Throws an Error with what is wrong.
 */
export function verifyJws(jws: string, known: Map<string, ParsedCertificate>): VerifiedJws {
  const { header, payload, signature, input } = splitJws(jws)
  const { alg, x5c } = readHeader(header)
  const [leaf, ...above] = x5c.map((text) => certificateOf(text, known))
  if (!leaf) throw new Error('expected the certificate of the signer, found none')
  const wanted = algorithmOf(leaf.x509.publicKey)
  if (alg !== wanted.alg) throw new Error(`expected algorithm ${wanted.alg} of its key, found ${alg}`)
  const key = { key: leaf.x509.publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify(wanted.hash, Buffer.from(input), key, signature))
    throw new Error('expected a signature over this payload, found another')
  return { payload: decodePart(payload).toString('utf8'), certificates: [leaf, ...above] }
}

export interface JwsParts {
  /** JSON, not looked into. */
  readonly header: string
  /** As it was sent; `decodePart` has what it says. */
  readonly payload: string
  readonly signature: Buffer
  /** What was signed (RFC 7515 §5.1). */
  readonly input: string
}

/** Throws an Error when it is none. */
export function splitJws(jws: string): JwsParts {
  const parts = jws.split('.')
  const [header = '', payload = '', signature = ''] = parts
  if (parts.length !== 3) throw new Error(`expected a JWS of three parts, found ${parts.length}`)
  const input = `${header}.${payload}`
  return { header: decodePart(header).toString('utf8'), payload, signature: decodePart(signature), input }
}

export const MAX_CERTIFICATES = 8

function readHeader(text: string): { alg: string; x5c: readonly string[] } {
  const { alg, x5c, ...rest } = parseHeader(text)
  const certificates = Array.isArray(x5c) ? x5c.filter((one) => typeof one === 'string') : []
  const isOurs = typeof alg === 'string' && Object.keys(rest).length === 0
  if (isOurs && certificates.length <= MAX_CERTIFICATES) return { alg, x5c: certificates }
  throw new Error('expected a JWS header of alg and x5c, found another')
}

/** Nothing of what is no object. The parser's own words quote what it read. */
export function parseHeader(text: string): { readonly alg?: unknown; readonly x5c?: unknown } {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function certificateOf(base64: string, known: Map<string, ParsedCertificate>): ParsedCertificate {
  const met = known.get(base64) ?? sentCertificate(base64)
  known.set(base64, met)
  return met
}

/** One of `x5c`. Throws an Error for anything else. */
export function sentCertificate(base64: string): ParsedCertificate {
  try {
    return parseCertificate(Buffer.from(base64, 'base64'))
  } catch {
    throw new Error('expected certificates in x5c, found something else')
  }
}

function algorithmOf(key: KeyObject): { readonly alg: string; readonly hash: string | null } {
  const type = keyTypeOf(key)
  if (type === 'other') throw new Error('expected a key of a type that keyroller makes, found another')
  return JWS_ALGORITHMS[type]
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** Throws an Error for base64url in another spelling than its one. */
export function decodePart(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') === text) return bytes
  throw new Error('expected base64url in its one spelling, found another')
}
