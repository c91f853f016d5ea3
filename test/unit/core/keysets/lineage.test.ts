import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeysetDocument, KeyVersion } from '../../../../src/core/keysets/document.ts'
import { wentBack } from '../../../../src/core/keysets/lineage.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'
import { anyLeak, jumping, live, policies, runsOf } from './life.ts'

const MADE = { kind: 'ed25519', createdMs: NOW_MS } as const
const V1: KeyVersion = { ...MADE, number: 1, kid: 'v1', state: 'retired', retiredMs: NOW_MS }
const V2: KeyVersion = { ...MADE, number: 2, kid: 'v2', state: 'active', activeMs: NOW_MS }
const KNOWN = of(V1, V2)
const ARCHIVED: KeyVersion = { ...V1, fate: { what: 'archived', atMs: NOW_MS } }

test.each<[string, KeysetDocument]>([
  ['the same', KNOWN],
  ['one version more', of(V1, V2, { ...MADE, number: 3, kid: 'v3', state: 'next' })],
  ['one that went on', of(ARCHIVED, V2)],
  ['one under hold', of({ ...V1, hold: { sinceMs: NOW_MS, why: 'case 4711' } }, V2)],
])('%s is no going back', (_, found) => expect(wentBack(KNOWN, found)).toBeUndefined())

test('nor is a hold that was lifted', () => {
  const held = of({ ...V1, hold: { sinceMs: NOW_MS, why: 'case 4711' } }, V2)
  expect(wentBack(held, KNOWN)).toBeUndefined()
})

test.each<[string, KeysetDocument, KeysetDocument, string]>([
  ['none is left', KNOWN, of(), 'expected version 1, found no version at all'],
  ['the newest is gone', KNOWN, of(V1), 'expected version 2, found version 1 alone'],
  [
    'begun anew',
    KNOWN,
    of(V1, { ...V2, createdMs: NOW_MS + DAY_MS }),
    'expected version 2 to be the ed25519 key v2 made at 2026-06-01T12:00:00Z, found the ed25519 key v2 made at 2026-06-02T12:00:00Z',
  ],
  [
    'in use again',
    of(V1),
    of({ ...V2, ...MADE, number: 1, kid: 'v1' }),
    'expected version 1 to be retired still, found it active',
  ],
  [
    'back out of the archive',
    of(ARCHIVED),
    of(V1),
    'expected version 1 to be archived still, found it retired',
  ],
  [
    'back from where nothing is',
    of({ ...V1, fate: { what: 'destroyed', atMs: NOW_MS } }),
    of(ARCHIVED),
    'expected version 1 to be destroyed still, found it archived',
  ],
  ['another keyset', KNOWN, { ...KNOWN, name: 'other' }, 'expected keyset tokens, found keyset other'],
])('%s', (_, known, found, expected) => expect(wentBack(known, found)).toBe(expected))

test('property: a life never goes back, and read backwards it does', () => {
  fc.assert(
    fc.property(policies, runsOf({ afterMs: jumping, leak: anyLeak, hold: fc.nat(4) }), (policy, runs) => {
      for (const { before, after } of live(policy, runs).taken) {
        expect(wentBack(before, after)).toBeUndefined()
        expect(wentBack(after, before)).toMatch(/^expected version \d+.*, found /)
      }
    }),
    { numRuns: 100 },
  )
})

function of(...versions: readonly KeyVersion[]): KeysetDocument {
  return { schema: 1, name: 'tokens', versions }
}
