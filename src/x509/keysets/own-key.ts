import { createPublicKey, type KeyObject } from 'node:crypto'
import type { StoredKey } from '../../core/keysets/record.ts'
import { publicKeyOf } from './stored-key.ts'
import { unfitFile } from './unfit-file.ts'

/** A version never becomes another key: one that lies under its name is somebody else's. What is no key at all is a damaged file of ours. */
export function expectOwnKey(path: string, key: StoredKey, standing: Buffer): void {
  const found = readPublicKey(standing)
  if (!found || found.equals(publicKeyOf(key))) return
  throw unfitFile(path, 'expected the key of this version, found another')
}

/** Of a private key too. */
function readPublicKey(pem: Buffer): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}
