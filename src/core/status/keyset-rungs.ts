import { formatMoment } from '../duration.ts'
import { type KeysetDocument, versionIn } from '../keysets/document.ts'
import type { KeysetMemory } from '../memory.ts'
import type { Rung } from './rung.ts'

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
