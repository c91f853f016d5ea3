/**
 * What one run saw of the host, gathered once by `run/observing/observe.ts` and handed to the pure core. Facts hold no key bytes.
 */

import type { EpochMs } from './epoch-ms.ts'
import type { FaultRecord } from './errors.ts'
import type { FileSpec } from './file-spec.ts'
import type { KeptSet } from './kept-set.ts'
import type { KeyType } from './key-type.ts'
import type { Bundle, Keyset, MaterialId, Paired, Secret } from './material.ts'
import type { RunMemory } from './memory.ts'
import type { SubjectFields } from './subject.ts'

export interface Observation {
  /** Stable per host (machine-id); it spreads the renewals of a fleet. */
  readonly hostId: string
  readonly materials: ReadonlyMap<MaterialId, MaterialFacts>
  readonly memory: RunMemory
  /** Sets of files that were replaced, of any material, also of one that is configured no longer. */
  readonly kept: readonly KeptSet[]
}

export type MaterialFacts = PairFacts | BundleFacts | SecretFacts | KeysetOnDisk

/** Of an identity or a certificate. */
export interface PairFacts {
  readonly kind: 'pair'
  readonly files: readonly FileFacts[]
  readonly key: PartFacts & { readonly type?: KeyType | 'other' }
  readonly leaf: PartFacts & { readonly certificate?: CertificateFacts }
  /** Known only when key and leaf were both read. */
  readonly keyMatches?: boolean
  readonly chain: ChainFacts
}

export interface BundleFacts {
  readonly kind: 'bundle'
  readonly files: readonly FileFacts[]
  /** What its file holds. */
  readonly installed: PartFacts & { readonly authorities?: readonly CertificateFacts[] }
  /** What the file it follows holds; unset when it follows a mount, which only the server can tell. */
  readonly given?: readonly CertificateFacts[]
  /** The trust file of its mount, or the file it follows, cannot be used: nothing can be judged. */
  readonly unusable?: FaultRecord
  /** By fingerprint of an installed authority: the end of the last certificate on this host that needs it. */
  readonly neededUntil: Readonly<Record<string, EpochMs>>
}

/** Nothing but its files: what they hold is never looked into. */
export interface SecretFacts {
  readonly kind: 'secret'
  readonly files: readonly FileFacts[]
}

/** Likewise. Files in directories are those of the document as it was last seen. */
export interface KeysetOnDisk {
  readonly kind: 'keyset'
  readonly files: readonly FileFacts[]
}

/** The certificate of a pair; of everything else there is none. */
export function certificateOf(facts: MaterialFacts | undefined): CertificateFacts | undefined {
  return facts?.kind === 'pair' ? facts.leaf.certificate : undefined
}

type Seen = Pick<Observation, 'materials'>

/** The facts of an identity or certificate that was observed. */
export function pairFactsOf(seen: Seen, { id }: Pick<Paired, 'id'>): PairFacts {
  return factsOf(seen, id, 'pair')
}

/** The same of a bundle. */
export function bundleFactsOf(seen: Seen, { id }: Pick<Bundle, 'id'>): BundleFacts {
  return factsOf(seen, id, 'bundle')
}

/** The same of a secret. */
export function secretFactsOf(seen: Seen, { id }: Pick<Secret, 'id'>): SecretFacts {
  return factsOf(seen, id, 'secret')
}

/** The same of a keyset. */
export function keysetFactsOf(seen: Seen, { id }: Pick<Keyset, 'id'>): KeysetOnDisk {
  return factsOf(seen, id, 'keyset')
}

type FactsOf<K extends MaterialFacts['kind']> = Extract<MaterialFacts, { readonly kind: K }>

function factsOf<K extends MaterialFacts['kind']>({ materials }: Seen, id: MaterialId, kind: K): FactsOf<K> {
  const facts = materials.get(id)
  if (facts?.kind !== kind) throw new Error(`no facts of a ${kind} were gathered for ${id}`)
  return facts as FactsOf<K>
}

/** Whether a part of the set could be taken from the files on disk. */
export interface PartFacts {
  readonly state: 'read' | 'missing' | 'unreadable' | 'malformed'
  readonly why?: string
}

export type ChainFacts =
  | { readonly state: 'trusted' }
  | { readonly state: 'untrusted'; readonly why: string }
  /** None of the files keeps the intermediates; the chain was judged when the certificate was issued. */
  | { readonly state: 'unkept' }
  /** Nothing to verify: no leaf was read. */
  | { readonly state: 'unknown' }
  /** The anchors themselves cannot be used, so nothing can be judged. */
  | { readonly state: 'no-anchors'; readonly fault: FaultRecord }

export type FileFacts = PresentFile | AbsentFile

export interface PresentFile {
  readonly spec: FileSpec
  readonly state: 'present'
  /** `file`: under its own name. `link`: in the generation of its set. `stray-link`: in that of another set. */
  readonly place: 'file' | 'link' | 'stray-link'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly wanted: WantedOwner
  /** `stale`: the bytes are not what the set's key, leaf and chain make of this role, or a secret was changed since it was written. */
  readonly content: 'current' | 'stale' | 'unknown'
  /** Bytes on disk; unset for what was written a moment ago. */
  readonly size?: number
  readonly unwritable?: FaultRecord
  readonly exposed?: FaultRecord
}

export interface AbsentFile {
  readonly spec: FileSpec
  /** `refused`: a link, device, FIFO or directory stands where a regular file belongs. */
  readonly state: 'missing' | 'unreadable' | 'refused'
  readonly why: string
  readonly wanted: WantedOwner
  /** Why its bytes could not be made, whatever the set: a password that cannot be read. */
  readonly unwritable?: FaultRecord
  /** Why its directory is no place for it: the material is ephemeral, and this is a disk. */
  readonly exposed?: FaultRecord
}

export type WantedOwner =
  | { readonly state: 'resolved'; readonly uid: number; readonly gid: number }
  | { readonly state: 'unknown'; readonly why: string }

export interface CertificateFacts {
  /** Lower-case hex, no colons. */
  readonly serial: string
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string
  readonly notBeforeMs: EpochMs
  readonly notAfterMs: EpochMs
  readonly commonName: string
  /** Only the fields it has. */
  readonly subject: SubjectFields
  readonly issuerName: string
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  /** Kinds of alternative names that keyroller never asks for, such as `othername`. */
  readonly otherNameKinds: readonly string[]
  readonly keyType: KeyType | 'other'
  readonly isCa: boolean
  /** Extended key usages as dotted OIDs; empty when the certificate sets none. */
  readonly extendedKeyUsages: readonly string[]
}
