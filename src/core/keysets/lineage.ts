/**
 * Whether a keyset that was found comes after the one that was known. A store that was restored from an older copy, or begun anew, would
 * put keys in use again that are gone, and give numbers again that peers know: it is told apart here, and never gone on with.
 */
import { formatMoment } from '../duration.ts'
import { KEY_STATES, type KeysetDocument, type KeyVersion, rangeOf, stateOf, versionOf } from './document.ts'

/** A sentence with what was expected and what was found, or undefined when nothing went back. A hold may be lifted. */
export function wentBack(before: KeysetDocument, found: KeysetDocument): string | undefined {
  if (before.name !== found.name) return `expected keyset ${before.name}, found keyset ${found.name}`
  const faults = before.versions.flatMap((known) => faultOf(known, found) ?? [])
  return faults[0]
}

function faultOf(known: KeyVersion, document: KeysetDocument): string | undefined {
  const { number } = known
  const found = versionOf(document, number)
  if (!found) return `expected version ${number}, found ${rangeOf(document)}`
  if (!isSame(known, found))
    return `expected version ${number} to be ${nameOf(known)}, found ${nameOf(found)}`
  if (rankOf(found) >= rankOf(known)) return undefined
  return `expected version ${number} to be ${stateOf(known)} still, found it ${stateOf(found)}`
}

/** A keyset begun anew gives the same number and kid, yet not at the same moment. */
function isSame(a: KeyVersion, b: KeyVersion): boolean {
  return a.kind === b.kind && a.kid === b.kid && a.createdMs === b.createdMs
}

function nameOf({ kind, kid, createdMs }: KeyVersion): string {
  return `the ${kind} key ${kid} made at ${formatMoment(createdMs)}`
}

function rankOf(version: KeyVersion): number {
  const rank = KEY_STATES.indexOf(version.state)
  return version.state === 'retired' && version.fate ? rank + FATE_RANK[version.fate.what] : rank
}

const FATE_RANK = { archived: 1, destroyed: 2 } as const
