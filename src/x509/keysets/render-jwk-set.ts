import { isUtf8 } from 'node:buffer'
import type { KeyVersion } from '../../core/keysets/document.ts'
import type { StoredKey } from '../../core/keysets/record.ts'
import { editJwkSet } from './edit-jwk-set.ts'
import type { Jwk } from './jwk.ts'
import { ownerOf } from './key-entry.ts'
import type { Rendering } from './rendering.ts'
import { unfitFile } from './unfit-file.ts'

/**
 * Ours as entries of the standing set, which names `active` as in use where that is given. Throws `keyset-unfit` for a file that is no
 * JWK Set in UTF-8 (RFC 8259 §8.1), and for another key that has the kid of one of ours.
 */
export function renderJwkSet(
  { spec: { path }, record, shown, standing }: Rendering,
  entryOf: (version: KeyVersion, key: StoredKey) => Jwk,
  active?: string,
): string {
  const isOwn = (element: unknown) => {
    const owner = ownerOf(element, record)
    if (owner !== 'other') return owner === 'own'
    throw unfitFile(
      path,
      `expected the key ${Object(element).kid} of this keyset, found another of that name`,
    )
  }
  const keys = shown.map(({ version, key }) => entryOf(version, key))
  const edit = { keys, isOwn, ...(active === undefined ? {} : { active }) }
  const isText = standing === undefined || isUtf8(standing)
  const edited = isText ? editJwkSet(standing?.toString(), edit) : undefined
  if (edited !== undefined) return edited
  throw unfitFile(path, 'expected a JWK Set, found something else')
}
