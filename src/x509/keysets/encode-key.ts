import type { KeyEncoding } from '../../core/file-spec.ts'
import type { StoredKey } from '../../core/keysets/record.ts'
import { privateKeyPem } from '../keypair.ts'
import { privateKeyOf, secretOf } from './stored-key.ts'

/** The private or symmetric key; text ends its last line. Throws `keyset-unfit` when it is not there, and of a symmetric key for PEM. */
export function encodeKey(key: StoredKey, encoding: KeyEncoding): Buffer {
  switch (encoding) {
    case 'pem':
      return Buffer.from(privateKeyPem(privateKeyOf(key)))
    case 'base64':
      return Buffer.from(`${secretOf(key).toString('base64')}\n`)
    case 'raw':
      return secretOf(key)
  }
}
