/** Every step that lies before a keyset as it is, and when it falls due. What is due depends on nothing else; whether it may be done, does. */
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import {
  freeNumber,
  type KeyKind,
  type KeysetDocument,
  type KeyVersion,
  type VersionIn,
  versionIn,
} from './document.ts'
import type { KeysetPolicy } from './policy.ts'

export type KeysetStep =
  | { readonly kind: 'make'; readonly version: number; readonly keyKind: KeyKind }
  /** Who is active until then retires in the same write, and is accepted for so long. */
  | { readonly kind: 'activate'; readonly version: number; readonly acceptForMs: number }
  /** Only for a person after a leak: a version nobody knows is made and put in use at once, and the one in waiting given up. */
  | {
      readonly kind: 'replace'
      readonly version: number
      readonly keyKind: KeyKind
      readonly acceptForMs: number
    }
  | { readonly kind: 'retire' | 'archive' | 'destroy'; readonly version: number }
  /** Only for a person. What is hastened waits for `rotate_every` no more, for peers and gates as ever. */
  | { readonly kind: 'hasten' | 'unhold'; readonly version: number }
  | { readonly kind: 'hold'; readonly version: number; readonly why: string }

export interface StepAhead {
  readonly step: KeysetStep
  readonly dueAtMs: EpochMs
  readonly reason: StepReason
  readonly message: string
}

export type StepReason =
  | 'first-version'
  | 'rotation-ahead'
  | 'rotation-due'
  | 'asked-for'
  | 'grace-over'
  | 'retired'

/**
 * In the order in which they are done when several are due: the cutoff first, and last what may fail on a full disk, so that it keeps
 * nothing else waiting. Each falls due after the stamps that it is reckoned from: a clock that jumps back only ever delays.
 */
export function stepsAhead(document: KeysetDocument, policy: KeysetPolicy, nowMs: EpochMs): StepAhead[] {
  return [
    ...document.versions.flatMap((one) => cutoffOf(one, policy)),
    ...rotationOf(document, policy, nowMs),
    ...document.versions.flatMap((one) => endOf(one, policy)),
  ]
}

/** A token is refused from the moment of its end on (RFC 7519 §4.1.4), so with the last one its key may go. */
function cutoffOf(version: KeyVersion, policy: KeysetPolicy): StepAhead[] {
  if (version.state !== 'retiring' || staysAccepted(version, policy)) return []
  const { number, acceptUntilMs } = version
  const message = `version ${number} was to be accepted until ${formatMoment(acceptUntilMs)}`
  return [
    { step: { kind: 'retire', version: number }, dueAtMs: acceptUntilMs, reason: 'grace-over', message },
  ]
}

/** Under hold, and of a kind that decrypts what it once encrypted. */
export function staysAccepted(version: KeyVersion, policy: KeysetPolicy): boolean {
  return policy.underHold === 'accept' && isHeld(version, policy)
}

/** By a person, or by the policy. */
export function isHeld({ hold }: KeyVersion, { legalHold }: KeysetPolicy): boolean {
  return hold !== undefined || legalHold !== undefined
}

/** What is pushed is not made here, so without a version in waiting nothing lies ahead. */
function rotationOf(document: KeysetDocument, policy: KeysetPolicy, nowMs: EpochMs): StepAhead[] {
  const next = versionIn(document, 'next')
  const active = versionIn(document, 'active')
  if (next) return [activationOf(next, active, policy, nowMs)]
  return policy.source === 'pushed' ? [] : [makingOf(freeNumber(document), active, policy, nowMs)]
}

/** The first version takes over from nobody, so nobody knows an older set by heart: it waits for its gates alone, and for no clock. */
function activationOf(
  { number, createdMs, hastenedMs }: VersionIn<'next'>,
  active: VersionIn<'active'> | undefined,
  { acceptForMs, publishAheadMs, rotateEveryMs, source }: KeysetPolicy,
  nowMs: EpochMs,
): StepAhead {
  const step = { kind: 'activate', version: number, acceptForMs } as const
  if (!active) {
    const message = `version ${number} is known, and none is in use`
    return { step, dueAtMs: Math.min(createdMs, nowMs), reason: 'first-version', message }
  }
  const knownAtMs = createdMs + publishAheadMs
  const known = `version ${number} is known since ${formatMoment(createdMs)}`
  if (hastenedMs !== undefined) {
    const message = `${known}, asked for at ${formatMoment(hastenedMs)}`
    return { step, dueAtMs: knownAtMs, reason: 'asked-for', message }
  }
  if (source === 'pushed')
    return { step, dueAtMs: knownAtMs, reason: 'rotation-due', message: `${known}, when it was pushed` }
  const dueAtMs = Math.max(knownAtMs, active.activeMs + rotateEveryMs)
  const used = `version ${active.number} is in use since ${formatMoment(active.activeMs)}`
  return { step, dueAtMs, reason: 'rotation-due', message: `${known}, ${used}` }
}

function makingOf(
  version: number,
  active: VersionIn<'active'> | undefined,
  { kind: keyKind, publishAheadMs, rotateEveryMs }: KeysetPolicy,
  nowMs: EpochMs,
): StepAhead {
  const step = { kind: 'make', version, keyKind } as const
  if (!active) return { step, dueAtMs: nowMs, reason: 'first-version', message: 'no version is in use' }
  const rotateAtMs = active.activeMs + rotateEveryMs
  const message = `version ${active.number} is in use until ${formatMoment(rotateAtMs)}, to be known ${formatDuration(publishAheadMs)} before`
  return { step, dueAtMs: rotateAtMs - publishAheadMs, reason: 'rotation-ahead', message }
}

function endOf(version: KeyVersion, policy: KeysetPolicy): StepAhead[] {
  if (version.state !== 'retired' || version.fate || isHeld(version, policy)) return []
  const { number, retiredMs } = version
  const message = `version ${number} is accepted no more since ${formatMoment(retiredMs)}`
  return [{ step: { kind: policy.atEnd, version: number }, dueAtMs: retiredMs, reason: 'retired', message }]
}
