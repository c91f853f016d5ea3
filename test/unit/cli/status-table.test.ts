import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { statusTable } from '../../../src/cli/status-table.ts'
import type { Rung } from '../../../src/core/status/rung.ts'
import type { MaterialStatus } from '../../../src/core/status/rungs.ts'
import { paint } from '../../../src/report/paint.ts'
import { DAY_MS, NOW_MS } from '../core/builders.ts'

const rung = (state: Rung['state']): Rung => ({ state, reason: state, message: state })

function status(id: MaterialStatus['id']): MaterialStatus {
  const rungs = { issued: rung('yes'), installed: rung('no'), loaded: rung('unknown'), served: rung('off') }
  const next = { action: 'keep', reason: 'current', message: '' } as const
  const ends = { notAfterMs: NOW_MS + 15 * DAY_MS, dueAtMs: NOW_MS - DAY_MS }
  return { id, ready: false, ...rungs, verified: rung('off'), ...ends, next, owed: [] }
}

const plain = paint(false)

describe('as wide as there is room', () => {
  test.each([
    [
      undefined,
      [
        'MATERIAL         ISSUED   INSTALL  LOADED   SERVED   EXPIRES   RENEWS',
        'certificate/web  yes      NO       unknown  -        15d       -1d',
      ],
    ],
    [60, ['MATERIAL        ISS INS LOA SER EXPIRES  RENEWS', 'certificate/web yes NO  ?   -   15d      -1d']],
    [40, ['MATERIAL        ISS INS LOA SER EXPIRES', 'certificate/web yes NO  ?   -   15d']],
    [34, ['MATERIAL  ISS INS LOA SER EXPIRES', 'cert…/web yes NO  ?   -   15d']],
  ])('%s columns', (columns, lines) => {
    expect(statusTable([status('certificate/web')], NOW_MS, plain, columns)).toEqual(lines)
  })

  test('no line is wider than the terminal, down to the narrowest there is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 33, max: 200 }),
        fc.stringMatching(/^[a-z0-9.-]{1,64}$/),
        (columns, name) => {
          const lines = statusTable([status(`certificate/${name}`)], NOW_MS, plain, columns)
          return lines.every((line) => line.length <= columns)
        },
      ),
    )
  })
})

test('colour changes nothing about what stands where', () => {
  const all = [status('certificate/web')]
  const colored = statusTable(all, NOW_MS, paint(true), 80)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is taken off
  expect(colored.map((line) => line.replace(/\x1b\[\d+m/g, ''))).toEqual(statusTable(all, NOW_MS, plain, 80))
  expect(colored.join()).toContain('\x1b[31mNO ')
})
