/**
 * What keyroller remembers between runs. Files on disk are the truth; this holds only what disk cannot tell: who is owed
 * a reload, what failed and when to try again, what a client last saw served. Lost memory costs repeats, never a key.
 */

import type { Served } from './consumers/served.ts'
import type { EpochMs } from './epoch-ms.ts'
import type { FaultRecord } from './errors.ts'
import type { KeysetDocument } from './keysets/document.ts'
import type { LedgerHead } from './ledger/head.ts'
import type { MaterialId } from './material.ts'
import type { EscalationMemory } from './planning/ladder.ts'

export const MEMORY_SCHEMA = 1

export interface RunMemory {
  readonly schema: typeof MEMORY_SCHEMA
  readonly materials: Readonly<Record<MaterialId, MaterialMemory>>
  readonly owed: readonly OwedReload[]
  readonly server?: ServerMemory
  readonly ledger?: LedgerMemory
}

export interface LedgerMemory {
  /** How far it went after the last run that wrote any: what is missing from its end shows against this. */
  readonly head?: LedgerHead
  /** What could not be written, until an entry says so. */
  readonly gap?: { readonly sinceMs: EpochMs; readonly entries: number; readonly message: string }
}

export interface MaterialMemory {
  readonly issued?: IssuedMemory
  readonly failure?: FailureMemory
  readonly served?: ServedMemory
  readonly escalation?: EscalationMemory
  /**
   * Since when the mapping of an identity may hold other certificates than the one on disk: durable before it is written,
   * forgotten once they are gone from it.
   */
  readonly widenedAtMs?: EpochMs
  /** What a revocation list said of the certificate with this fingerprint. */
  readonly revocation?: RevocationMemory
  /** Only of a bundle. */
  readonly bundle?: BundleMemory
  /** Only of a secret. */
  readonly secret?: SecretMemory
  /** Only of a keyset. */
  readonly keyset?: KeysetMemory
}

export interface RevocationMemory {
  readonly fingerprint: string
  /** When it was asked for. */
  readonly atMs: EpochMs
  /** Set when it is revoked; that is for good. */
  readonly revokedAtMs?: EpochMs
  /** Why nothing could be learned. */
  readonly fault?: FaultRecord
}

/** What the last look at the source of a bundle left. */
export interface BundleMemory {
  readonly atMs: EpochMs
  /** Fingerprints of what was installed then. */
  readonly authorities: readonly string[]
  /** By fingerprint: until when a certificate that this host had needs the authority, though its source may drop it. */
  readonly keepUntil: Readonly<Record<string, EpochMs>>
}

/** What the last reading of a secret left. Nothing of its value, nor a digest of it: short secrets are guessed from digests. */
export interface SecretMemory {
  readonly atMs: EpochMs
  /** In the KV engine, from 1. */
  readonly version: number
  /** What was configured of it then, as `shapeOf` tells it. */
  readonly shape: string
  /** By path: the stamp of the file as it was written, see `stampOf`. */
  readonly stamps: Readonly<Record<string, string>>
}

/** What the last look at the store of a keyset left: no key, and nothing of one. */
export interface KeysetMemory {
  readonly atMs: EpochMs
  /** As it was installed then. */
  readonly document: KeysetDocument
  /** As for a secret. */
  readonly shape: string
  readonly stamps: Readonly<Record<string, string>>
  /** What keeps a version from being put in use, or would when that falls due, and since when it was seen. */
  readonly held?: KeysetHold
  /** Durable before an order is written to the store, forgotten once what came of it is installed. */
  readonly orderedMs?: EpochMs
  /** Writes of the store before this one are known to be gone. */
  readonly sweptBelow?: number
}

export interface KeysetHold {
  readonly reason: string
  readonly message: string
  readonly sinceMs: EpochMs
  /** When the version was, or is, to be put in use. */
  readonly dueAtMs: EpochMs
}

export interface IssuedMemory {
  readonly serial: string
  readonly fingerprint: string
  readonly notAfterMs: EpochMs
  readonly atMs: EpochMs
  /** Of the signing request behind it: names and key type, not the key. */
  readonly requestShape?: string
  /**
   * Serial of the certificate that a rollback to this one has left, `unread` when there was none to read. While this one is
   * installed it is not renewed for being due, until the end of its life is near.
   */
  readonly rolledBackFrom?: string
  /** Why a run went back by itself; unset when a person did. */
  readonly rolledBackWhy?: string
}

export interface FailureMemory extends FaultRecord {
  /** Failures in a row; a success forgets them. */
  readonly count: number
  readonly atMs: EpochMs
  readonly retryAtMs: EpochMs
}

/** What the last look at the consumers has met. */
export interface ServedMemory extends Served {
  readonly fingerprint: string
  readonly atMs: EpochMs
}

/** A target not yet told. Durable before the files are switched, cleared only when every member answered. */
export interface OwedReload {
  /** The target's text form. */
  readonly target: string
  readonly materials: readonly MaterialId[]
  readonly sinceMs: EpochMs
  /** Runs that told it in vain. */
  readonly attempts: number
  /** When the last of them did, and when it is tried again. Unset, as in states of before: by the next run. */
  readonly atMs?: EpochMs
  readonly retryAtMs?: EpochMs
  /** Only these members are still owed; unset means the whole target. */
  readonly members?: readonly string[]
  /** Why the last attempt did not settle it. */
  readonly message?: string
}

export const EMPTY_MEMORY: RunMemory = { schema: MEMORY_SCHEMA, materials: {}, owed: [] }

/**
 * Owed reloads joined per target: the oldest date, all materials, the whole target once any of them means all, and the earliest
 * next try: new files wait for nobody.
 */
export function mergeOwed(owed: readonly OwedReload[]): OwedReload[] {
  const byTarget = new Map<string, OwedReload>()
  for (const one of owed) {
    const other = byTarget.get(one.target)
    byTarget.set(one.target, other ? joinOwed(other, one) : one)
  }
  return [...byTarget.values()]
}

function joinOwed(a: OwedReload, b: OwedReload): OwedReload {
  const members = a.members && b.members ? { members: [...new Set([...a.members, ...b.members])] } : {}
  const message = b.message ?? a.message
  const { atMs, retryAtMs } = (a.retryAtMs ?? 0) <= (b.retryAtMs ?? 0) ? a : b
  return {
    target: a.target,
    materials: [...new Set([...a.materials, ...b.materials])],
    sinceMs: Math.min(a.sinceMs, b.sinceMs),
    attempts: Math.max(a.attempts, b.attempts),
    ...(atMs === undefined || retryAtMs === undefined ? {} : { atMs, retryAtMs }),
    ...members,
    ...(message === undefined ? {} : { message }),
  }
}

export interface ServerMemory {
  readonly version: string
  readonly atMs: EpochMs
  /** The last test after a change of version. */
  readonly retest?: RetestMemory
}

export interface RetestMemory {
  readonly atMs: EpochMs
  /** The version before. */
  readonly from: string
  readonly lines: readonly RetestLine[]
}

export const RETEST_CHECKS = ['login', 'sign', 'read'] as const
export type RetestCheck = (typeof RETEST_CHECKS)[number]

export interface RetestLine {
  readonly subject: MaterialId
  readonly check: RetestCheck
  /** Unset when it works. */
  readonly fault?: FaultRecord
}
