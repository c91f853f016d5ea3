import { expect, test } from 'vitest'
import type { Entry } from '../../../../src/core/ledger/entry.ts'
import { findReplay, type PushHistory } from '../../../../src/core/push/replay.ts'
import { DAY_MS, leaf, NOW_MS } from '../builders.ts'
import { kept } from '../kept-builders.ts'

const installed = leaf()
const pushed = leaf({ serial: '4a99', fingerprint: 'f'.repeat(64), notBeforeMs: NOW_MS })

test('a new one may come', () => expect(find({})).toBeUndefined())

test('and so may the very certificate that is installed, which the ledger names', () => {
  const ledger = [entry({ fingerprint: installed.fingerprint })]
  expect(findReplay(installed, history({ ledger }))).toBeUndefined()
})

test('and any where none can be read', () => {
  expect(find({ installed: undefined }, { notBeforeMs: NOW_MS - 100 * DAY_MS })).toBeUndefined()
})

test('of the same second as the one installed is not older', () => {
  expect(find({}, { notBeforeMs: installed.notBeforeMs })).toBeUndefined()
  expect(find({}, { notBeforeMs: installed.notBeforeMs - 1000 })).toContain('older than serial')
})

test('what is kept was replaced, but not what is kept of another material', () => {
  const set = kept({ serial: '4a99' })
  expect(find({ kept: [set] })).toContain('found serial 4a99, which was replaced at 2026-06-01T11:00:00Z')
  expect(find({ kept: [kept({ serial: '4a99', material: 'certificate/api' })] })).toBeUndefined()
})

test('what the ledger says was installed, by whatever step', () => {
  const at = '2026-05-01T00:00:00Z'
  const expected = `found serial 4a99, which was installed at ${at} already, as entry 7 says`
  expect(find({ ledger: [entry({ step: 'install' })] })).toContain(expected)
  expect(find({ ledger: [entry({ step: 'adopt' })] })).toContain(expected)
})

test.each<[string, Partial<Entry & { fingerprint: string; material: string }>]>([
  ['was to be installed and could not be', { result: 'failed' }],
  ['was only issued', { step: 'issue' }],
  ['is another with its serial', { fingerprint: 'e'.repeat(64) }],
  ['is of another material', { material: 'certificate/api' }],
])('what %s may come', (_, changes) => expect(find({ ledger: [entry(changes)] })).toBeUndefined())

function find(changes: Partial<PushHistory>, certificate: Partial<typeof pushed> = {}): string | undefined {
  return findReplay({ ...pushed, ...certificate }, history(changes))
}

function history(changes: Partial<PushHistory>): PushHistory {
  return { material: 'certificate/web', installed, kept: [], ledger: [], ...changes }
}

function entry(changes: object): Entry {
  const { fingerprint, material, ...rest } = {
    fingerprint: pushed.fingerprint,
    material: 'certificate/web',
    ...changes,
  }
  return {
    ...{ seq: 7, prev: '', at: '2026-05-01T00:00:00Z', host: '', run: '' },
    ...{
      kind: 'outcome',
      step: 'install',
      materials: ['certificate/web'],
      message: '',
      result: 'done',
      tookMs: 0,
    },
    certificates: [{ material, serial: '4a99', fingerprint }],
    ...rest,
  } as Entry
}
