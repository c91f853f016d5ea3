/** Names of keys that follow from the keys themselves (RFC 7638), so that no two systems give one name to different keys. */
import { createHash } from 'node:crypto'
import { isPairKind, type KeyKind } from '../../core/keysets/document.ts'
import type { StoredKey } from '../../core/keysets/record.ts'
import { type Jwk, privateJwk, publicJwk } from './jwk.ts'

/** SHA-256, base64url. Of a symmetric key it is a digest of the key: nothing may be short enough to be guessed by it (§7). */
export function thumbprint(key: StoredKey, kind: KeyKind): string {
  const found = jwkThumbprint(isPairKind(kind) ? publicJwk(key) : privateJwk(kind, key))
  if (found === undefined) throw new Error(`expected a JWK of a ${kind} key`)
  return found
}

/** The same for a private key as for its public one; undefined for what is no key of these types. */
export function jwkThumbprint(jwk: Jwk): string | undefined {
  const required = REQUIRED.get(jwk.kty)
  if (!required?.every((name) => typeof jwk[name] === 'string')) return undefined
  const members = Object.fromEntries(required.map((name) => [name, jwk[name]]))
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

/** Sorted, as they are hashed (RFC 7638 §3.2, RFC 8037 §2). */
const REQUIRED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
  ['oct', ['k', 'kty']],
])
