import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '../../../../src/core/ledger/entry.ts'
import { judgeHandOver } from '../../../../src/core/ledger/hand-over.ts'

const CREDENTIAL = {
  name: 'web-key',
  material: 'certificate/web',
  path: '/run/web/key.pem',
  unit: 'web.service',
  reads: 1,
} as const
const FIRST = 'a'.repeat(32)

test('a start that has read nothing yet is given it, with all that names the reading', () => {
  expect(judge(FIRST, [])).toEqual({
    ...{ kind: 'hand-over', materials: ['certificate/web'], credential: 'web-key' },
    ...{ files: ['/run/web/key.pem'], unit: 'web.service', invocation: FIRST, result: 'given' },
    message: 'web-key to web.service, for this start',
  })
})

test('a second time it is refused, saying when it was the first', () => {
  const refused = judge(FIRST, [entry(judge(FIRST, []))])
  expect(refused).toMatchObject({ result: 'refused', invocation: FIRST })
  expect(refused.message).toBe(
    'expected at most one reading in one start of web.service, found the last of 2026-11-25T02:00:00Z',
  )
})

test('what was refused was not read, and what others read is theirs', () => {
  const down = judgeHandOver(CREDENTIAL, { activeState: 'failed', invocation: FIRST }, [])
  expect(down).toMatchObject({ result: 'refused', message: 'expected web.service to start, found it failed' })
  const others = [
    entry(down),
    entry({ ...judge(FIRST, []), credential: 'other' }),
    entry({ ...judge(FIRST, []), unit: 'other.service' }),
    entry(judge('b'.repeat(32), [])),
  ]
  expect(judge(FIRST, others).result).toBe('given')
})

test('a unit that never started has no start to be given it', () => {
  expect(judge('', []).result).toBe('refused')
})

test('over any readings in any order each start is given it as often as it asks, up to what is configured', () => {
  const asked = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 })
  fc.assert(
    fc.property(asked, fc.integer({ min: 1, max: 4 }), (starts, reads) => {
      const entries: Entry[] = []
      for (const start of starts) entries.push(entry(judge(start.repeat(32), entries, reads)))
      const given = entries.filter((one) => one.kind === 'hand-over' && one.result === 'given')
      const counts = [...Map.groupBy(starts, (start) => start).values()].map(({ length }) => length)
      expect(given.length).toBe(counts.reduce((sum, count) => sum + Math.min(count, reads), 0))
    }),
  )
})

function judge(invocation: string, entries: readonly Entry[], reads = 1) {
  return judgeHandOver({ ...CREDENTIAL, reads }, { activeState: 'activating', invocation }, entries)
}

function entry(body: ReturnType<typeof judgeHandOver>): Entry {
  return { seq: 1, prev: '', at: '2026-11-25T02:00:00Z', host: '', run: '', ...body }
}
