import { canonicalJson } from './canonical.ts'
import type { EntryPlace } from './entry.ts'

/** What a checkpoint signs: with its place the hash of the entry before, and through that all of them. */
export function checkpointPayload({ seq, prev, at, host, run }: EntryPlace, identity: string): string {
  return canonicalJson({ at, host, identity, prev, run, seq })
}
