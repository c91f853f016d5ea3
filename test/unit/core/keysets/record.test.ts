import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPairKind, type KeyKind } from '../../../../src/core/keysets/document.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import {
  emptyRecord,
  isKeysetRecord,
  type KeysetRecord,
  recordAfter,
  type StoredKey,
} from '../../../../src/core/keysets/record.ts'
import type { KeysetStep } from '../../../../src/core/keysets/steps-ahead.ts'
import { NOW_MS } from '../builders.ts'
import { anyLeak, jumping, live, policies, type Run, runsOf } from './life.ts'

const wild = runsOf({ afterMs: jumping, leak: anyLeak, hold: fc.nat(4) })

test('what is made has the key that was given, and no other step touches it while it is in use', () => {
  const made = recordAfter(emptyRecord('tokens'), makeOf('ed25519'), { atMs: 0, key: keyOf(1), write: 1 })
  expect(made.keys).toEqual({ 1: keyOf(1) })
  const used = recordAfter(made, { kind: 'activate', version: 1, acceptForMs: 1 }, { atMs: 1, write: 2 })
  expect(used.keys).toEqual({ 1: keyOf(1) })
  expect(used.sweepBelow).toBeUndefined()
})

test.each<[string, KeyKind, 'archive' | 'destroy', Record<string, StoredKey>, number | undefined]>([
  ['of a pair that is archived the public key', 'ed25519', 'archive', { 1: { public: 'cHViMQ==' } }, 9],
  ['of a symmetric key that is archived all', 'aes-256', 'archive', { 1: keyOf(1, 'aes-256') }, undefined],
  ['of one that is destroyed nothing', 'hmac-256', 'destroy', {}, 9],
  ['nor of a pair', 'rsa-2048', 'destroy', {}, 9],
])('left is %s', (_, kind, end, keys, sweepBelow) => {
  const ended = recordAfter(retired(kind), { kind: end, version: 1 }, { atMs: 5, write: 9 })
  expect([ended.keys, ended.sweepBelow]).toEqual([keys, sweepBelow])
  expect(isKeysetRecord(ended)).toBe(true)
})

test('what was archived can be destroyed, and does not come back', () => {
  const archived = recordAfter(retired('ed25519'), { kind: 'archive', version: 1 }, { atMs: 5, write: 6 })
  const destroyed = recordAfter(archived, { kind: 'destroy', version: 1 }, { atMs: 6, write: 7 })
  expect(destroyed).toMatchObject({
    keys: {},
    document: { versions: [{ fate: { what: 'destroyed', atMs: 6 } }] },
  })
  expect(recordAfter(destroyed, { kind: 'archive', version: 1 }, { atMs: 7, write: 8 })).toBe(destroyed)
})

test('a version that is made without its key is a fault of ours', () => {
  const makeWithout = () => recordAfter(emptyRecord('tokens'), makeOf('raw'), { atMs: 0, write: 1 })
  expect(makeWithout).toThrow('expected the key of version 1, found none')
})

test('others have made the version meanwhile: theirs stays', () => {
  const theirs = recordAfter(emptyRecord('tokens'), makeOf('raw'), {
    atMs: 0,
    key: keyOf(1, 'raw'),
    write: 1,
  })
  expect(recordAfter(theirs, makeOf('raw'), { atMs: 1, key: keyOf(2, 'raw'), write: 2 })).toBe(theirs)
})

test.each<[string, (record: KeysetRecord) => unknown]>([
  ['a version without bytes', (record) => ({ ...record, keys: {} })],
  ['a pair without its public key', (record) => ({ ...record, keys: { 1: { secret: 'c2Vj' } } })],
  ['a pair in use without its private key', (record) => ({ ...record, keys: { 1: { public: 'cHVi' } } })],
  ['bytes that are no base64', (record) => ({ ...record, keys: { 1: { ...keyOf(1), secret: 'c 2' } } })],
  ['another schema', (record) => ({ ...record, schema: 2 })],
  ['no document', ({ document: _, ...rest }) => rest],
  ['a sweep of no number', (record) => ({ ...record, sweepBelow: '2' })],
])('%s is no record', (_, damage) => {
  const record = recordAfter(emptyRecord('t'), makeOf('ed25519'), { atMs: 0, key: keyOf(1), write: 1 })
  expect(isKeysetRecord(record)).toBe(true)
  expect(isKeysetRecord(damage(record))).toBe(false)
})

holds('a record is read back as it was written, after every step', (records) => {
  expect(records.filter(({ after }) => !isKeysetRecord(JSON.parse(JSON.stringify(after))))).toEqual([])
})

holds('no bytes change but those of a version that came to its end', (records) => {
  for (const { before, after, step } of records)
    for (const [number, key] of Object.entries(before.keys))
      if (!isEnd(step) || step.version !== Number(number)) expect(after.keys[number]).toEqual(key)
})

holds('what is swept is all that was written before the bytes went, and nothing else is', (records) => {
  for (const { before, after, write } of records) {
    const isLess = secretsOf(before).some((secret) => !secretsOf(after).includes(secret))
    expect(after.sweepBelow).toBe(isLess ? write : before.sweepBelow)
  }
})

holds('a version under hold keeps its bytes', (records) => {
  for (const { after, before } of records)
    for (const { number } of before.document.versions.filter(({ hold }) => hold))
      expect(after.keys[number]).toEqual(before.keys[number])
})

holds('a step taken twice changes nothing more', (records) => {
  for (const { after, step } of records)
    expect(
      recordAfter(after, step, { atMs: 1, key: keyOf(99, after.document.versions[0]?.kind), write: 99 }),
    ).toBe(after)
})

test('property: under a hold on all of them every byte that was ever made is there', () => {
  fc.assert(
    fc.property(policies, wild, (policy, runs) => {
      const last = recordsOf({ ...policy, legalHold: 'case 4711' }, runs).at(-1)?.after
      for (const { number, kind } of last?.document.versions ?? [])
        expect(last?.keys[number]).toEqual(keyOf(number, kind))
    }),
    { numRuns: 100 },
  )
})

interface Written {
  readonly step: KeysetStep
  readonly write: number
  readonly before: KeysetRecord
  readonly after: KeysetRecord
}

/** A life with the bytes of its versions; holds come from persons in between. */
function recordsOf(policy: KeysetPolicy, runs: readonly Run[]): Written[] {
  let record = emptyRecord('tokens')
  return live(policy, runs).taken.map(({ step, nowMs, before: document }, index) => {
    const before = { ...record, document }
    const write = index + 1
    record = recordAfter(before, step, { atMs: nowMs, key: keyOf(step.version, policy.kind), write })
    return { step, write, before, after: record }
  })
}

function holds(name: string, predicate: (records: readonly Written[]) => void): void {
  test(`property: ${name}`, () => {
    fc.assert(
      fc.property(policies, wild, (policy, runs) => predicate(recordsOf(policy, runs))),
      { numRuns: 100 },
    )
  })
}

function retired(kind: KeyKind): KeysetRecord {
  const version = {
    number: 1,
    kind,
    kid: 'v1',
    createdMs: NOW_MS,
    state: 'retired',
    retiredMs: NOW_MS,
  } as const
  const { document, ...rest } = emptyRecord('tokens')
  return { ...rest, document: { ...document, versions: [version] }, keys: { 1: keyOf(1, kind) } }
}

function makeOf(keyKind: KeyKind): KeysetStep {
  return { kind: 'make', version: 1, keyKind }
}

function keyOf(number: number, kind: KeyKind = 'ed25519'): StoredKey {
  const secret = Buffer.from(`secret${number}`).toString('base64')
  return isPairKind(kind) ? { secret, public: Buffer.from(`pub${number}`).toString('base64') } : { secret }
}

function secretsOf({ keys }: KeysetRecord): string[] {
  return Object.values(keys).flatMap(({ secret }) => secret ?? [])
}

function isEnd({ kind }: KeysetStep): boolean {
  return kind === 'archive' || kind === 'destroy'
}
