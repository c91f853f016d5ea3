import { expect, test } from 'vitest'
import type { KeyVersion } from '../../../../src/core/keysets/document.ts'
import { type KeysetRecord, RECORD_SCHEMA, type StoredKey } from '../../../../src/core/keysets/record.ts'
import {
  judgeKeyPush,
  type KeyPush,
  type PushReason,
  readClaims,
} from '../../../../src/core/push/key-push.ts'
import { QUARTERLY } from '../keysets/life.ts'
import { active, next, of, retired, retiring } from '../keysets/versions.ts'

const SHA = 'a'.repeat(64)
const CLAIMS = { keyset: 'tokens', sequence: 8, sha256: SHA, at: '2026-06-01T12:00:00Z' }
const NEW = { key: { secret: 'NEW=', public: 'NEWPUB==' }, kind: 'ed25519' } as const
const RECORD = recordOf({ ...active(2, 10), sequence: 7 }, retired(1))

test('the first, and the one after', () => {
  expect(judge({}, recordOf())).toEqual({ kind: 'next', version: 1, pushed: NEW })
  expect(judge({})).toEqual({ kind: 'next', version: 3, pushed: NEW })
})

test('what was taken in already is known, by its number and its key', () => {
  const claims = { ...CLAIMS, sequence: 7 }
  expect(judge({ claims, read: { kind: 'ed25519', key: keyOf(2) } })).toEqual({ kind: 'known', version: 2 })
  expect(reason({ claims })).toBe('replayed')
})

test('but a push of a key that has been replaced since is played again', () => {
  const record = recordOf({ ...retiring(1), sequence: 8 }, active(2, 1))
  expect(reason({ read: { kind: 'ed25519', key: keyOf(1) } }, record)).toBe('replayed')
})

test.each<[PushReason, Partial<KeyPush>, KeysetRecord?]>([
  ['other-keyset', { claims: { ...CLAIMS, keyset: 'others' } }],
  ['truncated', { sha256: 'b'.repeat(64) }],
  ['replayed', { claims: { ...CLAIMS, sequence: 6 } }],
  ['malformed', { read: { why: 'no PKCS#8 in PEM without a passphrase' } }],
  ['other-kind', { read: { ...NEW, kind: 'ec-p256' } }],
  ['known-key', { read: { ...NEW, key: keyOf(1) } }],
  ['known-key', { read: { ...NEW, thumbprint: 'v1' } }],
  ['one-waiting', {}, recordOf(next(2, 1))],
])('%s', (expected, changes, record = RECORD) => {
  expect(reason(changes, record)).toBe(expected)
})

test('the public key is what tells a pair whose private key is gone', () => {
  const gone = { ...RECORD, keys: { ...RECORD.keys, 1: { public: keyOf(1).public ?? '' } } }
  expect(reason({ read: { ...NEW, key: { ...NEW.key, public: keyOf(1).public ?? '' } } }, gone)).toBe(
    'known-key',
  )
})

test('a sequence counts also when its version has long ended', () => {
  expect(reason({}, recordOf({ ...retiring(1), sequence: 9 }, active(2, 1)))).toBe('replayed')
})

test('a sentence says what was expected and what was found', () => {
  expect(judge({ claims: { ...CLAIMS, sequence: 7 } })).toMatchObject({
    message: 'expected a sequence above 7, found 7, signed at 2026-06-01T12:00:00Z',
  })
})

test.each([
  ['no JSON', 'x'],
  ['a list', '[]'],
  ['a sequence of 0', text({ sequence: 0 })],
  ['a sequence of text', text({ sequence: '8' })],
  ['a digest that is none', text({ sha256: 'AA' })],
  ['a moment that is none', text({ at: 'yesterday' })],
  ['no keyset', text({ keyset: undefined })],
])('%s are no claims', (_, payload) => expect(readClaims(payload)).toBeUndefined())

test('claims are read, whatever else is claimed', () => {
  expect(readClaims(text({ more: 1 }))).toMatchObject(CLAIMS)
})

function judge(changes: Partial<KeyPush>, record = RECORD) {
  return judgeKeyPush(record, QUARTERLY, { claims: CLAIMS, sha256: SHA, read: NEW, ...changes })
}

function reason(changes: Partial<KeyPush>, record = RECORD) {
  const answer = judge(changes, record)
  return answer.kind === 'refused' ? answer.reason : answer.kind
}

function recordOf(...versions: readonly KeyVersion[]): KeysetRecord {
  const sorted = versions.toSorted((a, b) => a.number - b.number)
  const keys = Object.fromEntries(sorted.map(({ number }) => [number, keyOf(number)]))
  return { schema: RECORD_SCHEMA, document: of(...sorted), keys }
}

function keyOf(number: number): StoredKey {
  return { secret: `SECRET${number}=`, public: `PUBLIC${number}=` }
}

function text(changes: object): string {
  return JSON.stringify({ ...CLAIMS, ...changes })
}
