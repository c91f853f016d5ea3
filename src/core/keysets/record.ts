/**
 * All of a keyset in one value, as its store has it: the document, and the bytes of its versions. One write takes the whole of it, so
 * no moment has a document that names a key which is not there.
 */
import { KeyrollerError } from '../errors.ts'
import { type Guard, isCount, mapOf, matching, optional, shape } from '../shape.ts'
import { afterStep, type StepDone } from './after-step.ts'
import {
  emptyKeyset,
  isKeysetDocument,
  isPairKind,
  type KeysetDocument,
  type KeyVersion,
} from './document.ts'
import type { KeysetStep } from './steps-ahead.ts'

export const RECORD_SCHEMA = 1

export interface KeysetRecord {
  readonly schema: typeof RECORD_SCHEMA
  readonly document: KeysetDocument
  /** By the number of the version; none of one that was destroyed. */
  readonly keys: Readonly<Record<string, StoredKey>>
  /** Writes of the store before this one hold bytes that are gone since, and go too. */
  readonly sweepBelow?: number
}

/** Base64. A pair has both; once it is archived its public key is left. */
export interface StoredKey {
  /** Of a pair PKCS#8 in DER, else the bytes themselves. */
  readonly secret?: string
  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1). */
  readonly public?: string
}

export function emptyRecord(name: string): KeysetRecord {
  return { schema: RECORD_SCHEMA, document: emptyKeyset(name), keys: {} }
}

export interface RecordStep extends StepDone {
  /** Of a version that is made. */
  readonly key?: StoredKey
  /** The number that the write of this record will have in its store. */
  readonly write: number
}

/** The record after a step: the same one when it changed nothing. Throws `internal` for a version that is made without its key. */
export function recordAfter(record: KeysetRecord, step: KeysetStep, done: RecordStep): KeysetRecord {
  const document = afterStep(record.document, step, done)
  const found = new Set(record.document.versions)
  if (document.versions.every((version) => found.has(version))) return record
  const keys = Object.fromEntries(
    document.versions.flatMap((version) => {
      const left = leftOf(version, record.keys[version.number] ?? done.key)
      return left ? [[version.number, left] as const] : []
    }),
  )
  const isLess = Object.entries(record.keys).some(([number, { secret }]) => secret !== keys[number]?.secret)
  return { ...record, document, keys, ...(isLess ? { sweepBelow: done.write } : {}) }
}

/** What is left of the bytes of a version. A symmetric key is all that decrypts, so to archive it is to show it to nobody. */
function leftOf(version: KeyVersion, key: StoredKey | undefined): StoredKey | undefined {
  const fate = fateOf(version)
  if (fate === 'destroyed') return undefined
  if (!key) throw new KeyrollerError('internal', `expected the key of version ${version.number}, found none`)
  if (fate !== 'archived' || !isPairKind(version.kind)) return key
  const { secret: _, ...rest } = key
  return rest
}

function fateOf(version: KeyVersion) {
  return version.state === 'retired' ? version.fate?.what : undefined
}

/** Whether a value read back is such a record. Bytes must be there of every version, as far as its document does not say they went. */
export function isKeysetRecord(value: unknown): value is KeysetRecord {
  if (!isWhole(value)) return false
  const { document, keys } = value as KeysetRecord
  return document.versions.every((version) => isBacked(version, keys[version.number]))
}

function isBacked(version: KeyVersion, key: StoredKey | undefined): boolean {
  const fate = fateOf(version)
  if (fate === 'destroyed') return true
  const isPair = isPairKind(version.kind)
  const hasSecret = key?.secret !== undefined || (isPair && fate === 'archived')
  return hasSecret && (!isPair || key?.public !== undefined)
}

const isBase64 = matching(/^[A-Za-z0-9+/]+={0,2}$/)

const isWhole: Guard = shape<KeysetRecord>({
  schema: (value) => value === RECORD_SCHEMA,
  document: isKeysetDocument,
  keys: mapOf(shape<StoredKey>({ secret: optional(isBase64), public: optional(isBase64) })),
  sweepBelow: optional(isCount),
})
