import { randomBytes } from 'node:crypto'
import type { KeyType } from '../../core/key-type.ts'
import { isPairKind, type KeyKind } from '../../core/keysets/document.ts'
import type { StoredKey } from '../../core/keysets/record.ts'
import { generateKeypair } from '../keypair.ts'

/** A new key as a record has it; `rawBytes` is the length of a raw one. RSA takes up to seconds, off the main thread. */
export async function makeKey(kind: KeyKind, rawBytes: number): Promise<StoredKey> {
  if (!isPairKind(kind)) return { secret: randomBytes(lengthOf(kind, rawBytes)).toString('base64') }
  const { privateKey, publicKey } = await generateKeypair(kind)
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    public: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  }
}

/** In bytes. An HMAC key is as long as its hash (RFC 7518 §3.2). */
export function lengthOf(kind: Exclude<KeyKind, KeyType>, rawBytes: number): number {
  switch (kind) {
    case 'aes-256':
    case 'hmac-256':
      return 32
    case 'hmac-384':
      return 48
    case 'hmac-512':
      return 64
    case 'raw':
      return rawBytes
  }
}
