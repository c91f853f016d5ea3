import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyKeyset, isKeysetDocument, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import { NOW_MS } from '../builders.ts'

const FULL: KeysetDocument = {
  schema: 1,
  name: 'tokens',
  versions: [
    {
      ...made(1),
      state: 'retired',
      activeMs: NOW_MS,
      retiringMs: NOW_MS,
      retiredMs: NOW_MS,
      fate: { what: 'archived', atMs: NOW_MS },
    },
    {
      ...made(2),
      state: 'retiring',
      activeMs: NOW_MS,
      retiringMs: NOW_MS,
      acceptUntilMs: NOW_MS,
      hold: { sinceMs: NOW_MS, why: 'case 4711' },
    },
    { ...made(3), state: 'active', activeMs: NOW_MS },
    { ...made(4), state: 'next' },
  ],
}

test('a document as keyroller writes it, empty or full, also with fields of a later version', () => {
  expect(isKeysetDocument(emptyKeyset('tokens'))).toBe(true)
  expect(isKeysetDocument(JSON.parse(JSON.stringify(FULL)))).toBe(true)
  expect(isKeysetDocument({ ...FULL, later: 1 })).toBe(true)
})

test('a version that was given up before it was in use', () => {
  expect(isKeysetDocument(of({ ...made(1), state: 'retired', retiredMs: NOW_MS }))).toBe(true)
})

test.each([
  ['nothing', null],
  ['another schema', { ...FULL, schema: 2 }],
  ['versions that are none', { ...FULL, versions: {} }],
  ['number 0', of({ ...made(0), state: 'next' })],
  [
    'a number twice',
    of({ ...made(1), state: 'next' }, { ...made(1), kid: 'other', state: 'active', activeMs: 0 }),
  ],
  ['falling numbers', of({ ...made(2), state: 'next' }, { ...made(1), state: 'active', activeMs: 0 })],
  ['a kid twice', of({ ...made(1), state: 'next' }, { ...made(2), kid: 'v1', state: 'active', activeMs: 0 })],
  ['a kid that is no word', of({ ...made(1), kid: 'v1\n', state: 'next' })],
  [
    'two in use',
    of({ ...made(1), state: 'active', activeMs: 0 }, { ...made(2), state: 'active', activeMs: 0 }),
  ],
  ['two in waiting', of({ ...made(1), state: 'next' }, { ...made(2), state: 'next' })],
  ['in use since nobody knows', of({ ...made(1), state: 'active' })],
  ['retiring without an end', of({ ...made(1), state: 'retiring', activeMs: 0, retiringMs: 0 })],
  ['a kind we do not know', of({ ...made(1), kind: 'dsa-1024', state: 'next' })],
  ['a stamp in the year 10000', of({ ...made(1), createdMs: Date.UTC(10_000, 0), state: 'next' })],
])('%s is none', (_, value) => expect(isKeysetDocument(value)).toBe(false))

/** Every field of every version, and which of them a version cannot be without. */
const places = FULL.versions.flatMap((version, index) =>
  Object.keys(version).map((key) => [index, key] as const),
)

test('property: damage in any one place is seen', () => {
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.constantFrom(null, true, -1.5, [], {}), ([at, key], value) => {
      const versions = FULL.versions.map((one, index) => (index === at ? { ...one, [key]: value } : one))
      expect([at, key, isKeysetDocument({ ...FULL, versions })]).toEqual([at, key, false])
    }),
    { numRuns: 300 },
  )
})

function made(number: number) {
  return { number, kind: 'ed25519', kid: `v${number}`, createdMs: NOW_MS } as const
}

function of(...versions: readonly unknown[]) {
  return { schema: 1, name: 'tokens', versions }
}
