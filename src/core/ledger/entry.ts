/**
 * The ledger: what was about to be done on this host and what became of it, one entry a line, each with the hash of the line
 * before. Entries hold names, serials, fingerprints, paths and sentences; never a key, a token or any other secret.
 */
import type { FaultCode } from '../errors.ts'
import type { MaterialId } from '../material.ts'
import type { StepKind } from '../steps.ts'

export type Entry = EntryPlace & EntryBody

/** Where an entry stands. */
export interface EntryPlace {
  /** From 1, without a gap, over all files of the ledger. */
  readonly seq: number
  /** SHA-256 of the entry before, as its line is in the file without the newline, in hex; `NO_ENTRY` for the first. */
  readonly prev: string
  /** RFC 3339. */
  readonly at: string
  /** Of which host this is the ledger: a hash of its machine-id, which itself is not for others (machine-id(5)). */
  readonly host: string
  /** The run that wrote it: systemd's invocation id, or a random one of the same form. */
  readonly run: string
}

export type EntryBody =
  | RunEntry
  | IntentEntry
  | OutcomeEntry
  | RecoveredEntry
  | CheckpointEntry
  | RotationEntry
  | TornEntry
  | GapEntry
  | HandOverEntry

export const RUN_VERBS = [
  'renew',
  'enroll',
  'rollback',
  'revoke',
  'adopt',
  'keyset',
  'recover',
  'deliver',
] as const
export type RunVerb = (typeof RUN_VERBS)[number]

/** The first entry of every run that writes any. */
export interface RunEntry {
  readonly kind: 'run'
  readonly verb: RunVerb
  readonly asked: Asked
  readonly version: string
}

/** `timer`, `unit`: systemd started it, by itself or because somebody asked for the unit. */
export interface Asked {
  readonly by: 'timer' | 'unit' | 'sudo' | 'user'
  /** Effective. */
  readonly uid: number
  /** Who called sudo(8), as it says. */
  readonly user?: string
}

/** Durable before the step has any effect. */
export interface IntentEntry extends StepFacts {
  readonly kind: 'intent'
}

/** Durable before the next intent, and before the run is over. */
export interface OutcomeEntry extends StepFacts {
  readonly kind: 'outcome'
  /** `seq` of the intent; a step that only looks has none. */
  readonly of?: number
  readonly result: 'done' | 'failed' | 'skipped'
  readonly tookMs: number
  readonly fault?: FaultCode
  /** Those of the materials that the step, or one before it, failed for. */
  readonly failed?: readonly MaterialId[]
}

export interface StepFacts {
  readonly step: StepKind
  readonly materials: readonly MaterialId[]
  /** Before: what is to be done and why. After: what was done, proved or refused. */
  readonly message: string
  /** The word of the decision, such as `due`. */
  readonly reason?: string
  readonly target?: string
  readonly files?: readonly string[]
  readonly certificates?: readonly LedgerCertificate[]
}

export interface LedgerCertificate {
  readonly material: string
  readonly serial: string
  /** SHA-256 over the DER. */
  readonly fingerprint?: string
  readonly notAfter?: string
}

/** What a later run made of a switch that was cut off. */
export interface RecoveredEntry {
  readonly kind: 'recovered'
  readonly materials: readonly MaterialId[]
  readonly result: 'finished' | 'undone'
  readonly message: string
}

/**
 * A signature over everything before it: a compact JWS (RFC 7515) with the certificates of the identity that signed. Its
 * payload repeats the place of the entry and the identity, so that no field of the line can change.
 */
export interface CheckpointEntry {
  readonly kind: 'checkpoint'
  readonly identity: MaterialId
  readonly jws: string
}

/** The first entry of every file but the first. */
export interface RotationEntry {
  readonly kind: 'rotation'
  /** Name of the file before. */
  readonly file: string
}

/** What stands between the entry before and this one is none: a crash cut it off. */
export interface TornEntry {
  readonly kind: 'torn'
  readonly lines: readonly TornLine[]
}

export interface TornLine {
  readonly bytes: number
  /** SHA-256 of what there is of it. */
  readonly sha256: string
}

/** Something is missing here. */
export interface GapEntry {
  readonly kind: 'gap'
  /** `unwritable`: the ledger could not be written. `cut`: it is shorter than, or other than, what the last run left. */
  readonly cause: 'unwritable' | 'cut'
  readonly message: string
}

/** A file asked for by a start of a unit; durable before the first byte goes out. */
export interface HandOverEntry {
  readonly kind: 'hand-over'
  readonly materials: readonly MaterialId[]
  readonly credential: string
  readonly files: readonly string[]
  readonly unit: string
  /** systemd's id of that start. */
  readonly invocation?: string
  readonly result: 'given' | 'refused'
  readonly message: string
}
