/**
 * The document of a keyset: which versions of its key there are, how far each has come, and since when. It holds no key: the bytes of a
 * version lie elsewhere by its number, so this may be shared, told and planned with.
 */
import type { EpochMs } from '../epoch-ms.ts'
import { KEY_TYPES, type KeyType } from '../key-type.ts'
import { type Guard, isCount, isText, listOf, matching, optional, shape } from '../shape.ts'

export const KEYSET_SCHEMA = 1

/** Key pairs, and what has one key for both sides; `raw` is bytes of which only the consumer knows the use. */
export const KEY_KINDS = [...KEY_TYPES, 'aes-256', 'hmac-256', 'hmac-384', 'hmac-512', 'raw'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/** Whether its versions have a public key, which may be shown to everybody. */
export function isPairKind(kind: KeyKind): kind is KeyType {
  return KEY_TYPES.some((one) => one === kind)
}

export interface KeysetDocument {
  readonly schema: typeof KEYSET_SCHEMA
  readonly name: string
  /** By rising number; one of them at most is next, and one active. None ever leaves: what became of it stands in it. */
  readonly versions: readonly KeyVersion[]
}

/**
 * `next`: published, not in use. `active`: in use. `retiring`: accepted still, in use no more. `retired`: accepted no more. There is no
 * way back.
 */
export const KEY_STATES = ['next', 'active', 'retiring', 'retired'] as const
export type KeyState = (typeof KEY_STATES)[number]

export type KeyVersion = VersionBase &
  (
    | {
        readonly state: 'next'
        /** A person asked for it then: it is put in use as soon as peers know it, whatever `rotate_every` says. */
        readonly hastenedMs?: EpochMs
      }
    | { readonly state: 'active'; readonly activeMs: EpochMs }
    | {
        readonly state: 'retiring'
        readonly activeMs: EpochMs
        readonly retiringMs: EpochMs
        /** Promised when it began to retire: a policy that becomes shorter takes nothing back. */
        readonly acceptUntilMs: EpochMs
      }
    | {
        readonly state: 'retired'
        /** Unset when it was never in use. */
        readonly activeMs?: EpochMs
        readonly retiringMs?: EpochMs
        readonly retiredMs: EpochMs
        /** Unset while its bytes lie where they did. */
        readonly fate?: Fate
      }
  )
export type VersionIn<S extends KeyState> = Extract<KeyVersion, { readonly state: S }>

interface VersionBase {
  /** From 1, never given twice. */
  readonly number: number
  readonly kind: KeyKind
  /** RFC 7517 §4.5; `vN`, or a thumbprint (RFC 7638). */
  readonly kid: string
  readonly createdMs: EpochMs
  /** Of a version that was pushed: what its push was numbered with, by whoever signed it. */
  readonly sequence?: number
  /** Set by a person, for this version alone; a policy holds all of them. */
  readonly hold?: LegalHold
}

export interface LegalHold {
  readonly sinceMs: EpochMs
  readonly why: string
}

/** `archived`: what proves or decrypts was kept, out of reach of consumers; of a pair that is the public key. `destroyed`: nothing was. */
export interface Fate {
  readonly what: (typeof FATES)[number]
  readonly atMs: EpochMs
}
const FATES = ['archived', 'destroyed'] as const

export function emptyKeyset(name: string): KeysetDocument {
  return { schema: KEYSET_SCHEMA, name, versions: [] }
}

/** Undefined when there is none; of `next` and `active` there is never a second. */
export function versionIn<S extends KeyState>(
  { versions }: KeysetDocument,
  state: S,
): VersionIn<S> | undefined {
  return versions.find((one): one is VersionIn<S> => one.state === state)
}

export function versionOf({ versions }: KeysetDocument, number: number): KeyVersion | undefined {
  return versions.find((one) => one.number === number)
}

/** As a sentence names what was found. */
export function rangeOf({ versions }: KeysetDocument): string {
  const [first, last] = [versions[0], versions.at(-1)]
  if (!first || !last) return 'no version at all'
  return first === last ? `version ${first.number} alone` : `versions ${first.number} to ${last.number}`
}

/** How far it has come, and what became of it at its end. */
export function stateOf(version: KeyVersion): KeyState | Fate['what'] {
  return version.state === 'retired' && version.fate ? version.fate.what : version.state
}

/** The number of a version yet to be made. */
export function freeNumber({ versions }: KeysetDocument): number {
  return (versions.at(-1)?.number ?? 0) + 1
}

/** Whether a value read back is a document with which every plan can be made. */
export function isKeysetDocument(value: unknown): value is KeysetDocument {
  return isWhole(value) && isCoherent(value as KeysetDocument)
}

/** By number and kid a key is found, so neither comes twice; with two versions in use nobody knew which. */
function isCoherent({ versions }: KeysetDocument): boolean {
  const rising = versions.every(({ number }, index) => number > (versions[index - 1]?.number ?? 0))
  const kids = new Set(versions.map(({ kid }) => kid))
  const single = (['next', 'active'] as const).every(
    (state) => versions.filter((one) => one.state === state).length <= 1,
  )
  return rising && kids.size === versions.length && single
}

/** RFC 3339 has four digits for the year, and what is reckoned from a stamp must be such that Date can hold. */
const isStamp: Guard = (value) => isCount(value) && Number(value) < Date.UTC(10_000, 0)

const base = {
  number: isCount,
  kind: oneOf(KEY_KINDS),
  kid: matching(/^[\w.~-]{1,128}$/),
  createdMs: isStamp,
  sequence: optional(isCount),
  hold: optional(shape<LegalHold>({ sinceMs: isStamp, why: isText })),
}

const VERSION_SHAPES: { readonly [S in KeyState]: Guard } = {
  next: shape<VersionIn<'next'>>({ ...base, state: oneOf(['next']), hastenedMs: optional(isStamp) }),
  active: shape<VersionIn<'active'>>({ ...base, state: oneOf(['active']), activeMs: isStamp }),
  retiring: shape<VersionIn<'retiring'>>({
    ...base,
    state: oneOf(['retiring']),
    activeMs: isStamp,
    retiringMs: isStamp,
    acceptUntilMs: isStamp,
  }),
  retired: shape<VersionIn<'retired'>>({
    ...base,
    state: oneOf(['retired']),
    activeMs: optional(isStamp),
    retiringMs: optional(isStamp),
    retiredMs: isStamp,
    fate: optional(shape<Fate>({ what: oneOf(FATES), atMs: isStamp })),
  }),
}

const isWhole: Guard = shape<KeysetDocument>({
  schema: (value) => value === KEYSET_SCHEMA,
  name: isText,
  versions: listOf((value) => KEY_STATES.some((state) => VERSION_SHAPES[state](value))),
})

function oneOf(words: readonly string[]): Guard {
  return (value) => words.some((word) => word === value)
}
