/** A rotation that waits for nothing, asked for by a person because a key has leaked; what breaks by it is named before it is done. */
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Consequence } from './consequence.ts'
import { freeNumber, type KeysetDocument, type VersionIn, versionIn } from './document.ts'
import { type KeysetFacts, shutGates } from './gates.ts'
import type { KeysetPolicy } from './policy.ts'
import { type KeysetStep, staysAccepted } from './steps-ahead.ts'

export interface Leak {
  /** For so long what leaked is accepted still, never longer than by policy; 0 is not at all. */
  readonly graceMs: number
  /** The version in waiting lay where the key leaked, so it is given up too, and peers have to learn another one first. */
  readonly isNextLeaked: boolean
}

export interface RotateNow {
  readonly step: Extract<KeysetStep, { readonly kind: 'activate' | 'replace' }>
  readonly reason: 'leak'
  readonly message: string
  /** In the order in which they will be felt. */
  readonly consequences: readonly Consequence[]
}

/** Undefined while no version is in use: there is nothing to take over from. */
export function rotateNow(
  document: KeysetDocument,
  policy: KeysetPolicy,
  facts: KeysetFacts,
  leak: Leak,
  nowMs: EpochMs,
): RotateNow | undefined {
  const active = versionIn(document, 'active')
  if (!active) return undefined
  const next = versionIn(document, 'next')
  const known = leak.isNextLeaked ? undefined : next
  const acceptForMs = Math.min(Math.max(leak.graceMs, 0), policy.acceptForMs)
  const version = known?.number ?? freeNumber(document)
  const step: RotateNow['step'] = known
    ? { kind: 'activate', version, acceptForMs }
    : { kind: 'replace', version, keyKind: policy.kind, acceptForMs }
  const consequences = [
    ...(next && !known ? [givenUp(next)] : []),
    ...unknownToPeers(version, known, policy, nowMs),
    ...shutGates(version, withoutThisHost(facts)).map(({ gate, message }) => ({ reason: gate, message })),
    ...lossOf(active, policy, acceptForMs, nowMs),
  ]
  const message = `version ${active.number} has leaked, version ${version} takes over at once`
  return { step, reason: 'leak', message, consequences }
}

/** It installs the version in the run that puts it in use. */
function withoutThisHost(facts: KeysetFacts): KeysetFacts {
  return { ...facts, consumers: facts.consumers.filter(({ isThisHost }) => !isThisHost) }
}

function givenUp({ number }: VersionIn<'next'>): Consequence {
  return { reason: 'given-up', message: `version ${number} is given up before it was in use` }
}

function unknownToPeers(
  version: number,
  known: VersionIn<'next'> | undefined,
  { publishAheadMs }: KeysetPolicy,
  nowMs: EpochMs,
): Consequence[] {
  const knownMs = known ? nowMs - known.createdMs : 0
  if (knownMs >= publishAheadMs) return []
  const found = known ? `since ${formatMoment(known.createdMs)}` : 'not at all'
  const message = `peers refuse version ${version} until they learn of it: expected it known ${formatDuration(publishAheadMs)} before, found ${found}`
  return [{ reason: 'unknown-to-peers', message }]
}

function lossOf(
  active: VersionIn<'active'>,
  policy: KeysetPolicy,
  acceptForMs: number,
  nowMs: EpochMs,
): Consequence[] {
  const { number } = active
  if (staysAccepted(active, policy)) {
    const message = `version ${number} stays accepted although it leaked, until its hold ends`
    return [{ reason: 'under-hold', message }]
  }
  if (acceptForMs >= policy.longestLifetimeMs) return []
  const from = formatMoment(nowMs + acceptForMs)
  const message = `what version ${number} has made is refused from ${from}, though it may live for ${formatDuration(policy.longestLifetimeMs)}`
  return [{ reason: 'refused-early', message }]
}
