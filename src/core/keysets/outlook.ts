/** What is said of a keyset from what this host remembers of it, without asking anybody: what comes next, and what it waits for. */
import type { EpochMs } from '../epoch-ms.ts'
import type { Keyset } from '../material.ts'
import type { KeysetHold, RunMemory } from '../memory.ts'
import { type Advance, advance } from './advance.ts'
import { type KeysetDocument, type KeyVersion, type VersionIn, versionIn } from './document.ts'
import type { KeysetFacts } from './gates.ts'
import { knowersHere } from './knowers.ts'
import { type StepAhead, stepsAhead } from './steps-ahead.ts'

export interface Outlook {
  /** Of the last look at the store. */
  readonly seenAtMs: EpochMs
  readonly document: KeysetDocument
  readonly active?: VersionIn<'active'>
  /** By the moment when each falls due. */
  readonly ahead: readonly StepAhead[]
  /** What keeps the next version from being put in use, or would when that falls due; `sinceMs` unset is since now. */
  readonly held?: Pick<KeysetHold, 'reason' | 'message' | 'dueAtMs'> & Partial<Pick<KeysetHold, 'sinceMs'>>
}

/** Undefined when it was never looked at. */
export function outlookOf(keyset: Keyset, memory: RunMemory, nowMs: EpochMs): Outlook | undefined {
  const known = memory.materials[keyset.id]?.keyset
  if (!known) return undefined
  const { atMs: seenAtMs, document } = known
  const active = versionIn(document, 'active')
  const held = known.held ?? heldHere(keyset, document, memory, nowMs)
  return {
    ...{ seenAtMs, document },
    ahead: stepsAhead(document, keyset.policy, nowMs).toSorted((a, b) => a.dueAtMs - b.dueAtMs),
    ...(active ? { active } : {}),
    ...(held ? { held } : {}),
  }
}

function heldHere(
  keyset: Keyset,
  document: KeysetDocument,
  memory: RunMemory,
  nowMs: EpochMs,
): Outlook['held'] {
  const ahead = advanceHere(keyset, document, memory, nowMs)
  if (ahead.kind !== 'hold') return undefined
  const { dueAtMs } = ahead
  return { dueAtMs, reason: ahead.reason, message: ahead.gates.map(({ message }) => message).join('; ') }
}

/** As far as this host knows. */
export function advanceHere(
  keyset: Keyset,
  document: KeysetDocument,
  memory: RunMemory,
  nowMs: EpochMs,
): Advance {
  return advance(document, keyset.policy, factsHere(keyset, memory), nowMs)
}

/** What would have to be asked for counts as given. */
export function factsHere(keyset: Keyset, memory: RunMemory): KeysetFacts {
  return { controlPlane: { state: 'unneeded' }, consumers: knowersHere(keyset, memory), hosts: [] }
}

/** Since when a version is as it is. */
export function sinceOf(version: KeyVersion): EpochMs {
  switch (version.state) {
    case 'next':
      return version.createdMs
    case 'active':
      return version.activeMs
    case 'retiring':
      return version.retiringMs
    case 'retired':
      return version.fate?.atMs ?? version.retiredMs
  }
}
