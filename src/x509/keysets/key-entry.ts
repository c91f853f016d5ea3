/** A version of a keyset as an element of a JWK Set, and whose an element is. */
import { isPairKind, type KeyKind, type KeyVersion } from '../../core/keysets/document.ts'
import type { KeysetRecord, StoredKey } from '../../core/keysets/record.ts'
import { JWS_ALGORITHMS } from '../jws.ts'
import { type Jwk, privateJwk, publicJwk } from './jwk.ts'
import { jwkThumbprint, thumbprint } from './thumbprint.ts'

/** The public key of a pair, for who verifies. */
export function publicEntry({ kid, kind }: KeyVersion, key: StoredKey): Jwk {
  return { kid, ...usesOf(kind), ...publicJwk(key) }
}

/** For who signs or decrypts. */
export function privateEntry({ kid, kind }: KeyVersion, key: StoredKey): Jwk {
  return { kid, ...usesOf(kind), ...privateJwk(kind, key) }
}

/**
 * RFC 7517 §4.2, §4.4. Many verifiers take no key without `alg`, and for RSA expect RS256 before anything else. How an AES key
 * encrypts, and what raw bytes are for, only their consumer knows.
 */
function usesOf(kind: KeyKind): Jwk {
  if (isPairKind(kind)) return { use: 'sig', alg: JWS_ALGORITHMS[kind].alg }
  switch (kind) {
    case 'hmac-256':
    case 'hmac-384':
    case 'hmac-512':
      return { use: 'sig', alg: kind.replace('hmac-', 'HS') }
    case 'aes-256':
      return { use: 'enc' }
    case 'raw':
      return {}
  }
}

/**
 * By its kid, whatever has become of the version. `other` is somebody else's key under a kid of ours; of a version that was destroyed
 * nothing is left that could tell it.
 */
export function ownerOf(element: unknown, { document, keys }: KeysetRecord): 'own' | 'foreign' | 'other' {
  const jwk: Jwk = Object(element)
  const version = document.versions.find(({ kid }) => kid === jwk.kid)
  if (!version) return 'foreign'
  const key = keys[version.number]
  return !key || jwkThumbprint(jwk) === thumbprint(key, version.kind) ? 'own' : 'other'
}
