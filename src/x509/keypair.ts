import { createPublicKey, generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyType } from '../core/key-type.ts'

export interface Keypair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const generate = promisify(generateKeyPair)

/** A new key. RSA takes up to seconds and leaves the main thread; the curves take a tenth of a millisecond and do not. */
export async function generateKeypair(type: KeyType): Promise<Keypair> {
  switch (type) {
    case 'ec-p256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    case 'ec-p384':
      return generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    case 'ec-p521':
      return generateKeyPairSync('ec', { namedCurve: 'secp521r1' })
    case 'ed25519':
      return generateKeyPairSync('ed25519')
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return generate('rsa', { modulusLength: Number(type.slice('rsa-'.length)) })
  }
}

/** The pair of a key that is there already. */
export function keypairOf(privateKey: KeyObject): Keypair {
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

/** PKCS#8 PEM, what every consumer of the last decade reads. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
