import { expect, test } from 'vitest'
import { NO_ENTRY } from '../../../../src/core/ledger/head.ts'
import { openingEntries } from '../../../../src/core/ledger/opening.ts'

const RUN = { verb: 'renew', asked: { by: 'timer', uid: 0 }, version: '0.1.0' } as const
const HEAD = { seq: 7, hash: 'ab'.repeat(32) }
const kinds = (
  ...[found, known]: [Parameters<typeof openingEntries>[0], Parameters<typeof openingEntries>[1]]
) => openingEntries(found, known, RUN).map(({ kind }) => kind)

test('a ledger that is as it was left: the run alone', () => {
  expect(openingEntries({ head: HEAD, torn: [] }, { head: HEAD }, RUN)).toEqual([{ kind: 'run', ...RUN }])
  expect(kinds({ head: HEAD, torn: [] }, {})).toEqual(['run'])
})

test('one that has gone on since was killed before it could be remembered', () =>
  expect(kinds({ head: { ...HEAD, seq: 9 }, torn: [] }, { head: HEAD })).toEqual(['run']))

test.each([
  ['shorter', { ...HEAD, seq: 6 }],
  ['gone', { seq: 0, hash: NO_ENTRY }],
  ['another at its end', { ...HEAD, hash: 'cd'.repeat(32) }],
])('one that is %s is told', (_, head) => {
  const [gap] = openingEntries({ head, torn: [] }, { head: HEAD }, RUN)
  expect(gap).toMatchObject({
    kind: 'gap',
    cause: 'cut',
    message: expect.stringContaining('expected entry 7'),
  })
})

// The verifier looks for the entry that names them right behind the lines that a crash cut off.
test('what was cut off comes first, then the file, then gaps, then the run', () => {
  const found = {
    head: { ...HEAD, seq: 6 },
    torn: [{ bytes: 3, sha256: 'ef'.repeat(32) }],
    rotatedFrom: 'ledger-1.jsonl',
  }
  const gap = { sinceMs: 0, entries: 1, message: 'EROFS' }
  expect(kinds(found, { head: HEAD, gap })).toEqual(['torn', 'rotation', 'gap', 'gap', 'run'])
  expect(openingEntries(found, { gap }, RUN)[2]).toEqual({
    kind: 'gap',
    cause: 'unwritable',
    message: '1 entry could not be written since 1970-01-01T00:00:00Z: EROFS',
  })
})
