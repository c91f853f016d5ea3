/** Public keys of a keyset for whoever verifies elsewhere, or keeps them as evidence; never a secret. */
import { KeyrollerError } from '../../core/errors.ts'
import { isPairKind, type KeyVersion, stateOf } from '../../core/keysets/document.ts'
import type { PublicFormat } from '../../core/keysets/public-format.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import { isDestroyed, keysInOrder } from '../../core/keysets/shown.ts'
import { publicEntry } from './key-entry.ts'
import { publicKeyOf } from './stored-key.ts'

/**
 * What is accepted or comes next, the version in use first; `isAll`: every version of which something is left, by its number. Throws
 * `keyset-unfit` where none of them has a public key.
 */
export function exportPublic(record: KeysetRecord, format: PublicFormat, isAll: boolean): string {
  const { document, keys } = record
  const asked = isAll ? document.versions.filter((one) => !isDestroyed(one)) : keysInOrder(document)
  const versions = asked.filter(({ kind }) => isPairKind(kind))
  if (versions.length === 0)
    throw new KeyrollerError(
      'keyset-unfit',
      `${document.name}: expected a version with a public key, found none`,
    )
  const keyOf = ({ number }: KeyVersion) => keys[number] ?? {}
  if (format === 'jwks')
    return `${JSON.stringify({ keys: versions.map((one) => publicEntry(one, keyOf(one))) }, null, 2)}\n`
  return versions
    .map((one) => `${titleOf(one)}${publicKeyOf(keyOf(one)).export({ type: 'spki', format: 'pem' })}`)
    .join('')
}

/** RFC 7468 §5.2 lets readers skip what stands between blocks. */
function titleOf(version: KeyVersion): string {
  return `# v${version.number} ${version.kid} ${stateOf(version)}\n`
}
