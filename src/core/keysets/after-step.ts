/** The document after a step. Bytes are made before a document names their version, and go only after it says what became of them. */
import type { EpochMs } from '../epoch-ms.ts'
import {
  type Fate,
  freeNumber,
  type KeysetDocument,
  type KeyVersion,
  type LegalHold,
  stateOf,
  versionIn,
} from './document.ts'
import type { KeysetStep } from './steps-ahead.ts'

export interface StepDone {
  readonly atMs: EpochMs
  /** Of a version that was made; unset is `vN`. */
  readonly kid?: string
  /** Of a version that was pushed. */
  readonly sequence?: number
}

/**
 * The same versions when the step was done before, or others took the document another way meanwhile: a step taken twice is taken once,
 * and nothing ever goes back. What came under hold of its own since the step was planned keeps its bytes.
 */
export function afterStep(document: KeysetDocument, step: KeysetStep, done: StepDone): KeysetDocument {
  const { atMs } = done
  switch (step.kind) {
    case 'make':
      return withNew(document, step, (base) => ({ ...base, state: 'next' }), done)
    case 'activate': {
      const { version, acceptForMs } = step
      if (versionIn(document, 'next')?.number !== version) return document
      return mapVersions(document, (one) => putInUse(handOver(one, acceptForMs, atMs), atMs))
    }
    case 'replace': {
      if (freeNumber(document) !== step.version) return document
      const over = mapVersions(document, (one) => giveUp(handOver(one, step.acceptForMs, atMs), atMs))
      return withNew(over, step, (base) => ({ ...base, state: 'active', activeMs: atMs }), done)
    }
    default:
      return mapVersions(document, (one) => (one.number === step.version ? changed(one, step, atMs) : one))
  }
}

type LoneStep = Exclude<KeysetStep, { readonly kind: 'make' | 'activate' | 'replace' }>

/** What happens to one version and touches no other. */
function changed(version: KeyVersion, step: LoneStep, atMs: EpochMs): KeyVersion {
  switch (step.kind) {
    case 'retire':
      return retire(version, atMs)
    case 'archive':
      return end(version, 'archived', atMs)
    case 'destroy':
      return end(version, 'destroyed', atMs)
    case 'hasten':
      return hasten(version, atMs)
    case 'hold':
      return hold(version, { sinceMs: atMs, why: step.why })
    case 'unhold':
      return unhold(version)
  }
}

type Made = Pick<KeyVersion, 'number' | 'kind' | 'kid' | 'createdMs' | 'sequence'>

function withNew(
  document: KeysetDocument,
  { version: number, keyKind: kind }: Extract<KeysetStep, { readonly keyKind: unknown }>,
  inState: (made: Made) => KeyVersion,
  { atMs, kid = `v${number}`, sequence }: StepDone,
): KeysetDocument {
  if (freeNumber(document) !== number) return document
  const made = inState({
    ...{ number, kind, kid, createdMs: atMs },
    ...(sequence === undefined ? {} : { sequence }),
  })
  return { ...document, versions: [...document.versions, made] }
}

function mapVersions(document: KeysetDocument, change: (version: KeyVersion) => KeyVersion): KeysetDocument {
  return { ...document, versions: document.versions.map(change) }
}

function putInUse(version: KeyVersion, atMs: EpochMs): KeyVersion {
  if (version.state !== 'next') return version
  const { hastenedMs: _, ...rest } = version
  return { ...rest, state: 'active', activeMs: atMs }
}

function handOver(version: KeyVersion, acceptForMs: number, atMs: EpochMs): KeyVersion {
  if (version.state !== 'active') return version
  return { ...version, state: 'retiring', retiringMs: atMs, acceptUntilMs: atMs + acceptForMs }
}

/** It lay beside a key that leaked; it was never in use, so nothing needs it. */
function giveUp(version: KeyVersion, atMs: EpochMs): KeyVersion {
  if (version.state !== 'next') return version
  const { hastenedMs: _, ...rest } = version
  return { ...rest, state: 'retired', retiredMs: atMs }
}

function retire(version: KeyVersion, atMs: EpochMs): KeyVersion {
  if (version.state !== 'retiring') return version
  const { acceptUntilMs: _, ...rest } = version
  return { ...rest, state: 'retired', retiredMs: atMs }
}

function end(version: KeyVersion, what: Fate['what'], atMs: EpochMs): KeyVersion {
  if (version.state !== 'retired' || version.hold) return version
  // What was archived may be destroyed later, by a person; nothing comes back from there.
  if (version.fate?.what === what || version.fate?.what === 'destroyed') return version
  return { ...version, fate: { what, atMs } }
}

function hasten(version: KeyVersion, atMs: EpochMs): KeyVersion {
  if (version.state !== 'next' || version.hastenedMs !== undefined) return version
  return { ...version, hastenedMs: atMs }
}

/** Whoever was first said why; and what is gone nobody can hold. */
function hold(version: KeyVersion, hold: LegalHold): KeyVersion {
  return version.hold || stateOf(version) === 'destroyed' ? version : { ...version, hold }
}

function unhold(version: KeyVersion): KeyVersion {
  if (!version.hold) return version
  const { hold: _, ...rest } = version
  return rest
}
