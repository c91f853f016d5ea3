/** Compact JWS (RFC 7515 §7.1) by somebody whose key, or whose authority, is trusted beforehand. */
import { constants, type KeyObject, verify } from 'node:crypto'
import { formatMoment } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import { describeCertificate, keyTypeOf, type ParsedCertificate } from './certificate-facts.ts'
import { findChainFault, type TrustAnchors } from './chain.ts'
import {
  decodePart,
  JWS_ALGORITHMS,
  MAX_CERTIFICATES,
  parseHeader,
  sentCertificate,
  splitJws,
} from './jws.ts'

export interface Signers {
  readonly keys: readonly KeyObject[]
  /** Authorities whose certificates sign, sent along in `x5c`; unset: none do. */
  readonly anchors?: TrustAnchors
}

export interface SignedText {
  readonly payload: string
  /** Who has signed, as a person finds them: the key by its place in the list, or the subject of the certificate. */
  readonly signer: string
}

/**
 * The algorithm is that of the trusted key, whatever the header says (RFC 8725 §3.1), and no member of the header is taken
 * for what is not known of (RFC 7515 §4.1.11). Throws an Error with what is wrong.
 */
export function verifySignedBy(jws: string, signers: Signers, nowMs: EpochMs): SignedText {
  const { header, payload, signature, input } = splitJws(jws)
  const { alg, x5c } = readHeader(header)
  const known = [...signers.keys.map(byKey), ...byCertificate(x5c, signers, nowMs)]
  const fitting = known.filter(({ key }) => algorithmOf(key)?.alg === alg)
  if (fitting.length === 0) {
    const wanted = [...new Set(known.map(({ key }) => algorithmOf(key)?.alg))].join(' or ')
    throw new Error(`expected algorithm ${wanted || 'of a trusted key'}, found ${alg}`)
  }
  const signer = fitting.find(({ key }) => isSignedWith(key, input, signature))
  if (!signer) throw new Error('expected the signature of a trusted key, found another')
  return { payload: decodePart(payload).toString('utf8'), signer: signer.name }
}

interface Signer {
  readonly key: KeyObject
  readonly name: string
}

function byKey(key: KeyObject, index: number): Signer {
  return { key, name: `push key ${index + 1}` }
}

/** A certificate that leads nowhere is a fault only where one had to: a trusted key may have sent one along. */
function byCertificate(x5c: readonly string[], { keys, anchors }: Signers, nowMs: EpochMs): Signer[] {
  if (!anchors || x5c.length === 0) return []
  const [leaf, ...above] = x5c.map(sentCertificate)
  const fault = leaf && (validityFault(leaf, nowMs) ?? findChainFault(leaf, above, anchors, nowMs))
  if (leaf && fault === undefined) return [{ key: leaf.x509.publicKey, name: describeCertificate(leaf) }]
  if (keys.length > 0) return []
  throw new Error(`expected a certificate that leads to push_ca, found ${fault}`)
}

function validityFault({ facts }: ParsedCertificate, nowMs: EpochMs): string | undefined {
  const { notBeforeMs, notAfterMs } = facts
  if (notBeforeMs <= nowMs && nowMs < notAfterMs) return undefined
  return `one that is valid from ${formatMoment(notBeforeMs)} to ${formatMoment(notAfterMs)}`
}

/** Of RSA only PSS, since nobody who signs anew needs the padding of before. */
const PSS = { alg: 'PS256', hash: 'sha256' } as const
const ALGORITHMS: typeof JWS_ALGORITHMS = {
  ...JWS_ALGORITHMS,
  'rsa-2048': PSS,
  'rsa-3072': PSS,
  'rsa-4096': PSS,
}

/** Undefined for a key of a type that nobody can sign with here. */
export function algorithmOf(
  key: KeyObject,
): { readonly alg: string; readonly hash: string | null } | undefined {
  const type = keyTypeOf(key)
  return type === 'other' ? undefined : ALGORITHMS[type]
}

function isSignedWith(key: KeyObject, input: string, signature: Buffer): boolean {
  const { alg, hash = null } = algorithmOf(key) ?? {}
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants
  const form = alg === 'PS256' ? { padding, saltLength } : { dsaEncoding: 'ieee-p1363' as const }
  return verify(hash, Buffer.from(input), { key, ...form }, signature)
}

/** `typ`, `cty` and `kid` change nothing about what is verified. */
const HARMLESS: ReadonlySet<string> = new Set(['alg', 'x5c', 'typ', 'cty', 'kid'])

function readHeader(text: string): { readonly alg: string; readonly x5c: readonly string[] } {
  const header = parseHeader(text)
  const { alg, x5c = [] } = header
  const isKnown = Object.keys(header).every((name) => HARMLESS.has(name))
  const isList = Array.isArray(x5c) && x5c.every((one) => typeof one === 'string')
  if (isKnown && typeof alg === 'string' && isList && x5c.length <= MAX_CERTIFICATES) return { alg, x5c }
  throw new Error('expected a JWS header of alg, perhaps x5c, typ, cty and kid, found another')
}
