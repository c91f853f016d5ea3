import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { comingRotation } from '../keysets/calendar.ts'
import { type KeysetDocument, versionIn } from '../keysets/document.ts'
import { outlookOf } from '../keysets/outlook.ts'
import type { Keyset } from '../material.ts'
import type { KeysetMemory, RunMemory } from '../memory.ts'
import type { Rung } from './rung.ts'

/** When the next version of a keyset is put in use. */
export function rotationAhead(
  keyset: Keyset,
  memory: RunMemory,
  nowMs: EpochMs,
): { readonly rotatesAtMs?: EpochMs } {
  const outlook = outlookOf(keyset, memory, nowMs)
  const coming = outlook && comingRotation(keyset, outlook, keyset.id)
  return coming ? { rotatesAtMs: coming.atMs } : {}
}

/** The first rung of a keyset: whether a version of it is in use, and which others are known. */
export function inUseRung(keyset: KeysetMemory | undefined): Rung {
  if (!keyset)
    return { state: 'unknown', reason: 'not-remembered', message: 'keyroller does not remember reading it' }
  const active = versionIn(keyset.document, 'active')
  if (!active) return { state: 'no', reason: 'none-in-use', message: 'no version is in use yet' }
  const since = `version ${active.number} in use since ${formatMoment(active.activeMs)}`
  return { state: 'yes', reason: 'in-use', message: [since, ...othersOf(keyset.document)].join(', ') }
}

function othersOf(document: KeysetDocument): string[] {
  const next = versionIn(document, 'next')
  const retiring = document.versions.filter(({ state }) => state === 'retiring').map(({ number }) => number)
  return [
    ...(next ? [`${next.number} next`] : []),
    ...(retiring.length > 0 ? [`${retiring.join(' and ')} still accepted`] : []),
  ]
}
