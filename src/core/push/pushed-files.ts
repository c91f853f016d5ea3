import { isPairKind, type KeyKind } from '../keysets/document.ts'
import type { Pushable } from '../material.ts'

/** What an orchestrator puts into the inbox of a certificate: a key in PEM; the certificate, then what is above it. */
export const PUSHED_PAIR = ['key.pem', 'fullchain.pem'] as const

/** What it puts into the inbox of a keyset: the key, in PKCS#8 or base64, and a JWS that says which one it is. */
export function pushedKeyFiles(kind: KeyKind): readonly [string, 'key.jws'] {
  return [isPairKind(kind) ? 'key.pem' : 'key.b64', 'key.jws']
}

export function pushedFiles(material: Pushable): readonly string[] {
  return material.kind === 'keyset' ? pushedKeyFiles(material.policy.kind) : PUSHED_PAIR
}
