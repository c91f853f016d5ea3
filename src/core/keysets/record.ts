/**
 * All of a keyset in one value, as its store has it: the document, and the bytes of its versions. One write takes the whole of it, so
 * no moment has a document that names a key which is not there.
 */
import { type Guard, isCount, mapOf, matching, optional, shape } from '../shape.ts'
import { isKeysetDocument, type KeysetDocument } from './document.ts'

export const RECORD_SCHEMA = 1

export interface KeysetRecord {
  readonly schema: typeof RECORD_SCHEMA
  readonly document: KeysetDocument
  /** By the number of the version; none of one that was destroyed. */
  readonly keys: Readonly<Record<string, StoredKey>>
  /** Writes of the store before this one hold bytes that are gone since, and go too. */
  readonly sweepBelow?: number
}

/** Base64. A pair has a public key; once it is archived nothing else is left of it. */
export interface StoredKey {
  /** Of a pair PKCS#8 in DER, else the bytes themselves. */
  readonly secret?: string
  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1). */
  readonly public?: string
}

/** Whether a value read back is such a record. Bytes must be there of every version but those that were destroyed. */
export function isKeysetRecord(value: unknown): value is KeysetRecord {
  if (!isWhole(value)) return false
  const { document, keys } = value as KeysetRecord
  return document.versions.every(
    (version) =>
      keys[version.number] !== undefined ||
      (version.state === 'retired' && version.fate?.what === 'destroyed'),
  )
}

const isBase64 = matching(/^[A-Za-z0-9+/]+={0,2}$/)

const isWhole: Guard = shape<KeysetRecord>({
  schema: (value) => value === RECORD_SCHEMA,
  document: isKeysetDocument,
  keys: mapOf(shape<StoredKey>({ secret: optional(isBase64), public: optional(isBase64) })),
  sweepBelow: optional(isCount),
})
