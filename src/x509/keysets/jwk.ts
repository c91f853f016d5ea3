/** The keys of a record as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2), without the members that only a set gives them. */
import { isPairKind, type KeyKind } from '../../core/keysets/document.ts'
import type { StoredKey } from '../../core/keysets/record.ts'
import { privateKeyOf, publicKeyOf, secretOf } from './stored-key.ts'

export type Jwk = Readonly<Record<string, unknown>>

/** Throws for a key that has none. */
export function publicJwk(key: StoredKey): Jwk {
  return { ...publicKeyOf(key).export({ format: 'jwk' }) }
}

/** With the private members of a pair, or the symmetric key itself. */
export function privateJwk(kind: KeyKind, key: StoredKey): Jwk {
  if (isPairKind(kind)) return { ...privateKeyOf(key).export({ format: 'jwk' }) }
  return { kty: 'oct', k: secretOf(key).toString('base64url') }
}
