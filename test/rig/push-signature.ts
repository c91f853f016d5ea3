/** What an orchestrator signs: a compact JWS over claims about a key file, with node:crypto alone. */
import { constants, createHash, type KeyObject, sign } from 'node:crypto'

export interface PushClaims {
  readonly keyset: string
  readonly sequence: number
  readonly sha256: string
  readonly at: string
}

export function claimsOf(keyFile: string | Buffer, claims: Partial<PushClaims> = {}): PushClaims {
  const sha256 = createHash('sha256').update(keyFile).digest('hex')
  return { keyset: 'tokens', sequence: 1, sha256, at: '2026-06-01T12:00:00Z', ...claims }
}

/** `header`: beside the algorithm of the key, or instead of it. */
export function signPush(claims: object, key: KeyObject, header: object = {}): string {
  const [alg, hash, form] = algorithmOf(key)
  const input = `${encode({ alg, ...header })}.${encode(claims)}`
  return `${input}.${sign(hash, Buffer.from(input), { key, ...form }).toString('base64url')}`
}

function algorithmOf(key: KeyObject): [alg: string, hash: string | null, form: object] {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return ['EdDSA', null, {}]
    case 'rsa':
      return ['PS256', 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }]
    default:
      return ['ES256', 'sha256', { dsaEncoding: 'ieee-p1363' }]
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
