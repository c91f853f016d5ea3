/** Keys of a record as what node:crypto works with. Nothing thrown here quotes one. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { KeyrollerError } from '../../core/errors.ts'
import type { StoredKey } from '../../core/keysets/record.ts'

/** Throws `keyset-unfit` when the public key is not there, or is none. */
export function publicKeyOf({ public: base64 }: StoredKey): KeyObject {
  return parsed('a public key', base64, (key) => createPublicKey({ key, format: 'der', type: 'spki' }))
}

/** Throws `keyset-unfit` when the private key is not there, or is none. */
export function privateKeyOf({ secret }: StoredKey): KeyObject {
  return parsed('a private key', secret, (key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
}

/** The bytes of a symmetric key, or of a pair its PKCS#8 in DER. Throws `keyset-unfit` when they are not there. */
export function secretOf({ secret }: StoredKey): Buffer {
  return parsed('the bytes of a key', secret, (bytes) => bytes)
}

function parsed<T>(what: string, base64: string | undefined, parse: (bytes: Buffer) => T): T {
  if (base64 === undefined) throw unfit(what, 'none')
  try {
    return parse(Buffer.from(base64, 'base64'))
  } catch {
    throw unfit(what, 'something else')
  }
}

function unfit(expected: string, found: string): KeyrollerError {
  const hint = 'restore the store of the keyset; the files are untouched'
  return new KeyrollerError('keyset-unfit', `expected ${expected} in the keyset, found ${found}`, { hint })
}
