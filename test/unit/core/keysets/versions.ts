/** Documents with versions of a keyset, in the states that a test names. */
import {
  emptyKeyset,
  type KeysetDocument,
  type KeyVersion,
  type VersionIn,
} from '../../../../src/core/keysets/document.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'

/** Since a day ago. */
export const HOLD = { sinceMs: NOW_MS - DAY_MS, why: 'case 4711' }

export function of(...versions: readonly KeyVersion[]): KeysetDocument {
  return { ...emptyKeyset('tokens'), versions }
}

function made(number: number, daysAgo: number) {
  return { number, kind: 'ed25519', kid: `v${number}`, createdMs: NOW_MS - daysAgo * DAY_MS } as const
}

export function next(number: number, daysAgo: number): VersionIn<'next'> {
  return { ...made(number, daysAgo), state: 'next' }
}

export function active(number: number, daysAgo: number): KeyVersion {
  return { ...made(number, daysAgo), state: 'active', activeMs: NOW_MS - daysAgo * DAY_MS }
}

export function retiring(number: number, daysLeft = 10): KeyVersion {
  const stamps = { activeMs: NOW_MS - 90 * DAY_MS, retiringMs: NOW_MS - 20 * DAY_MS }
  return { ...made(number, 100), state: 'retiring', ...stamps, acceptUntilMs: NOW_MS + daysLeft * DAY_MS }
}

export function retired(number: number): VersionIn<'retired'> {
  return { ...made(number, 100), state: 'retired', retiredMs: NOW_MS - DAY_MS }
}
