import { canonicalJson } from './canonical.ts'
import type { EntryBody, EntryPlace } from './entry.ts'
import type { LedgerHead } from './head.ts'

/** SHA-256 of the UTF-8 of a text, in hex. The core asks nothing of the runtime, so it is handed in. */
export type Digest = (text: string) => string

export interface SealedEntry {
  /** Without the newline. */
  readonly line: string
  readonly head: LedgerHead
}

/** Puts an entry behind a head. */
export function sealEntry(
  body: EntryBody,
  { seq, hash }: LedgerHead,
  place: Omit<EntryPlace, 'seq' | 'prev'>,
  digest: Digest,
): SealedEntry {
  const line = canonicalJson({ ...place, ...body, seq: seq + 1, prev: hash })
  return { line, head: { seq: seq + 1, hash: digest(line) } }
}
