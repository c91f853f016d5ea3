/** Whether a key that was pushed for a keyset becomes its next version. Its signature has been verified, and says who has pushed. */
import {
  freeNumber,
  type KeyKind,
  type KeysetDocument,
  type KeyVersion,
  versionIn,
} from '../keysets/document.ts'
import type { KeysetPolicy } from '../keysets/policy.ts'
import type { KeysetRecord, StoredKey } from '../keysets/record.ts'
import { isText, matching, shape } from '../shape.ts'

/** What whoever pushes signs. */
export interface PushClaims {
  /** Name of the keyset. */
  readonly keyset: string
  /** Higher than that of every push before. */
  readonly sequence: number
  /** Of the bytes of the key file, hex. */
  readonly sha256: string
  /** When it was signed, RFC 3339; for people. */
  readonly at: string
}

/** Undefined for anything else. */
export function readClaims(payload: string): PushClaims | undefined {
  try {
    const claims: unknown = JSON.parse(payload)
    return isClaims(claims) ? (claims as PushClaims) : undefined
  } catch {
    return undefined
  }
}

const isClaims = shape<PushClaims>({
  keyset: isText,
  sequence: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  sha256: matching(/^[0-9a-f]{64}$/),
  at: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/),
})

export interface KeyPush {
  readonly claims: PushClaims
  /** Of what lies in the inbox, hex. */
  readonly sha256: string
  readonly read: PushedKey | { readonly why: string }
}

/** What the key file holds. */
export interface PushedKey {
  readonly key: StoredKey
  /** Symmetric keys are told apart by their length alone. */
  readonly kind: KeyKind
  /** Its name, where the keyset names keys by what they are and not by their number. */
  readonly thumbprint?: string
}

export type PushAnswer =
  | { readonly kind: 'next'; readonly version: number; readonly pushed: PushedKey }
  /** It was taken in before, on this host or by another that shares the keyset, and is not on its way out. */
  | { readonly kind: 'known'; readonly version: number }
  | { readonly kind: 'refused'; readonly reason: PushReason; readonly message: string }

export type PushReason = (typeof PUSH_REASONS)[number]
export const PUSH_REASONS = [
  'other-keyset',
  'truncated',
  'replayed',
  'malformed',
  'other-kind',
  'known-key',
  'one-waiting',
] as const

/** In this order: what was signed for something else, or is not whole, is not looked into. */
export function judgeKeyPush(record: KeysetRecord, policy: KeysetPolicy, push: KeyPush): PushAnswer {
  const { claims, sha256, read } = push
  const { document } = record
  if (claims.keyset !== document.name)
    return refused('other-keyset', `one for keyset ${document.name}`, `one for keyset ${claims.keyset}`)
  if (claims.sha256 !== sha256)
    return refused('truncated', `a key file of SHA-256 ${claims.sha256}, as was signed`, sha256)
  const taken = document.versions.find(({ sequence }) => sequence === claims.sequence)
  if (taken && isCurrent(taken) && 'key' in read && isSameKey(read.key, record.keys[taken.number]))
    return { kind: 'known', version: taken.number }
  const last = lastSequence(document)
  if (claims.sequence <= last)
    return refused('replayed', `a sequence above ${last}`, `${claims.sequence}, signed at ${claims.at}`)
  const wanted = `a key of kind ${policy.kind}`
  if ('why' in read) return refused('malformed', wanted, read.why)
  if (read.kind !== policy.kind) return refused('other-kind', wanted, `one of kind ${read.kind}`)
  const same = document.versions.find(
    ({ number, kid }) => kid === read.thumbprint || isSameKey(read.key, record.keys[number]),
  )
  if (same) return refused('known-key', 'a key that the keyset never had', `that of version ${same.number}`)
  const waiting = versionIn(document, 'next')
  if (waiting) return refused('one-waiting', 'no version in waiting', `version ${waiting.number}`)
  return { kind: 'next', version: freeNumber(document), pushed: read }
}

/** Whoever plays a push again once its key has been replaced means something else than to say it twice. */
function isCurrent({ state }: KeyVersion): boolean {
  return state === 'next' || state === 'active'
}

function lastSequence({ versions }: KeysetDocument): number {
  return Math.max(0, ...versions.map(({ sequence = 0 }) => sequence))
}

/** Of a pair by its public key, which is all that is left of an archived one. */
function isSameKey(pushed: StoredKey, known: StoredKey | undefined): boolean {
  return pushed.public === undefined ? pushed.secret === known?.secret : pushed.public === known?.public
}

function refused(reason: PushReason, expected: string, found: string): PushAnswer {
  return { kind: 'refused', reason, message: `expected ${expected}, found ${found}` }
}
