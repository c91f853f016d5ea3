import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KEYSET_ROLES, type KeysetRole } from '../../../../src/core/file-spec.ts'
import type { KeysetDocument, KeyVersion } from '../../../../src/core/keysets/document.ts'
import { keysInOrder, shownIn } from '../../../../src/core/keysets/shown.ts'
import { NOW_MS } from '../builders.ts'
import { anyLeak, live, policies, runsOf } from './life.ts'

const base = { kind: 'ed25519', createdMs: 1 } as const
const left = { activeMs: 1, retiringMs: 2 }
const retiring = { ...base, state: 'retiring', ...left, acceptUntilMs: 9 } as const
const retired = { ...base, state: 'retired', ...left, retiredMs: 3 } as const

const WHOLE = documentOf(
  { ...retired, number: 1, kid: 'v1', fate: { what: 'destroyed', atMs: 4 } },
  { ...retired, number: 2, kid: 'v2', fate: { what: 'archived', atMs: 4 } },
  { ...retired, number: 3, kid: 'v3' },
  { ...retiring, number: 4, kid: 'v4' },
  { ...retiring, number: 5, kid: 'v5' },
  { ...base, state: 'active', number: 6, kid: 'v6', activeMs: 2 },
  { ...base, state: 'next', number: 7, kid: 'v7' },
)
const ONLY_NEXT = documentOf({ ...base, state: 'next', number: 1, kid: 'v1' })

test('the one in use is first, then the one that comes, then those that go, the newest first', () => {
  expect(numbers(keysInOrder(WHOLE))).toEqual([6, 7, 5, 4])
})

test.each<[KeysetRole, number[], number[]]>([
  ['jwks', [6, 7, 5, 4], [1]],
  ['private_jwks', [6, 7, 5, 4], [1]],
  ['pem_dir', [6, 7, 5, 4], [1]],
  ['public_dir', [2, 3, 4, 5, 6], []],
  ['pem', [6], []],
  ['public_pem', [6], []],
  ['variable', [6], []],
  ['list', [6, 7, 5, 4], []],
  ['slots', [6, 7, 5, 4], []],
])('%s shows %j, and %j while none is in use', (role, whole, onlyNext) => {
  expect(numbers(shownIn({ role }, WHOLE))).toEqual(whole)
  expect(numbers(shownIn({ role }, ONLY_NEXT))).toEqual(onlyNext)
  expect(shownIn({ role }, documentOf())).toEqual([])
})

test('a version of an earlier kind is left out where it cannot stand', () => {
  const changed = documentOf(
    { ...retiring, kind: 'hmac-256', number: 1, kid: 'v1' },
    { ...base, state: 'active', number: 2, kid: 'v2', activeMs: 2 },
  )
  expect(numbers(shownIn({ role: 'jwks' }, changed))).toEqual([2])
  expect(numbers(shownIn({ role: 'private_jwks' }, changed))).toEqual([2, 1])
  expect(numbers(shownIn({ role: 'list', keys: { encoding: 'pem' } }, changed))).toEqual([2])
  const back = documentOf(
    { ...base, kind: 'hmac-256', state: 'active', number: 1, kid: 'v1', activeMs: 2 },
    { ...base, state: 'next', number: 2, kid: 'v2' },
  )
  expect(shownIn({ role: 'pem' }, back)).toEqual([])
  expect(shownIn({ role: 'list', keys: { encoding: 'pem' } }, back)).toEqual([])
})

test('through any life: no consumer is shown what it is to accept no more, and every one whatever it is to accept', () => {
  fc.assert(
    fc.property(policies, runsOf({ leak: anyLeak }), (policy, runs) => {
      for (const { document } of live(policy, runs).rests) {
        const accepted = numbers(document.versions.filter(({ state }) => state !== 'retired'))
        expect(numbers(keysInOrder(document)).toSorted((a, b) => a - b)).toEqual(accepted)
        for (const role of KEYSET_ROLES.filter((one) => one !== 'public_dir'))
          expect(accepted).toEqual(expect.arrayContaining(numbers(shownIn({ role }, document))))
      }
    }),
    { numRuns: 50 },
  )
})

function documentOf(...versions: readonly KeyVersion[]): KeysetDocument {
  return { schema: 1, name: 'tokens', versions: versions.map((one) => ({ ...one, createdMs: NOW_MS })) }
}

function numbers(versions: readonly KeyVersion[]): number[] {
  return versions.map(({ number }) => number)
}
