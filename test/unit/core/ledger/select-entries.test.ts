import { expect, test } from 'vitest'
import { describeEntry } from '../../../../src/core/ledger/describe-entry.ts'
import type { Entry, EntryBody } from '../../../../src/core/ledger/entry.ts'
import { parseHead, parseSince, selectEntries } from '../../../../src/core/ledger/select-entries.ts'

const NOW_MS = Date.parse('2026-11-25T02:00:00Z')
const PLACE = { host: 'h', prev: '' }
const entry = (seq: number, run: string, body: EntryBody): Entry => ({
  ...{ ...PLACE, seq, run, at: `2026-11-2${seq}T02:00:00Z` },
  ...body,
})
const STEP = { kind: 'intent', step: 'issue', message: 'issue' } as const
const ENTRIES = [
  entry(1, 'aa11', { ...STEP, materials: ['certificate/web'] }),
  entry(2, 'aa11', { ...STEP, materials: ['identity/web', 'certificate/db'] }),
  entry(3, 'ab22', { kind: 'gap', cause: 'cut', message: 'cut' }),
]
const seqs = (filter: Parameters<typeof selectEntries>[1]) =>
  selectEntries(ENTRIES, filter).map(({ seq }) => seq)

test('by material, since when, run, and how many', () => {
  expect(seqs({})).toEqual([1, 2, 3])
  expect(seqs({ material: 'web' })).toEqual([1, 2])
  expect(seqs({ material: 'certificate/web' })).toEqual([1])
  expect(seqs({ material: 'we' })).toEqual([])
  expect(seqs({ sinceMs: Date.parse('2026-11-22T02:00:00Z') })).toEqual([2, 3])
  expect(seqs({ run: 'aa' })).toEqual([1, 2])
  expect(seqs({ last: 2 })).toEqual([2, 3])
  expect(seqs({ last: 9 })).toEqual([1, 2, 3])
})

test('since: so long ago, or a moment', () => {
  expect(parseSince('1d', NOW_MS)).toBe(Date.parse('2026-11-24T02:00:00Z'))
  expect(parseSince('2026-11-24T02:00:00Z', NOW_MS)).toBe(Date.parse('2026-11-24T02:00:00Z'))
  for (const text of ['yesterday', '', '7', '2026-13-01'])
    expect(() => parseSince(text, NOW_MS)).toThrow('as --since')
})

test('a head is a number and a hash', () => {
  expect(parseHead(`7:${'ab'.repeat(32)}`)).toEqual({ seq: 7, hash: 'ab'.repeat(32) })
  for (const text of ['7', `:${'ab'.repeat(32)}`, `7:${'AB'.repeat(32)}`, '7:ab'])
    expect(() => parseHead(text)).toThrow('expected SEQ:HASH as --head')
})

test('an entry that a later version wrote is named as one', () =>
  expect(describeEntry({ ...ENTRIES[0], kind: 'card' } as unknown as Entry).text).toBe(
    'an entry of a later version',
  ))
