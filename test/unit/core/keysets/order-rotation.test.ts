import { describe, expect, test } from 'vitest'
import { advance } from '../../../../src/core/keysets/advance.ts'
import type { KeysetDocument } from '../../../../src/core/keysets/document.ts'
import type { KeysetOrder } from '../../../../src/core/keysets/order.ts'
import { DAY_MS, HOUR_MS, NOW_MS } from '../builders.ts'
import { factsOf, QUARTERLY } from './life.ts'
import { done, told } from './orders.ts'
import { active, next, of } from './versions.ts'

describe('to rotate', () => {
  test('makes the next version now, which takes over as soon as peers know it', () => {
    const document = of(active(1, 20))
    expect(told(document, { kind: 'rotate' })).toEqual([
      'make 2, hasten 2',
      'version 2 is made now; version 2 takes over from version 1 at 2026-06-15T12:00:00Z, with its gates open',
    ])
    const after = done(document, { kind: 'rotate' })
    const later = (days: number) => advance(after, QUARTERLY, factsOf(after), NOW_MS + days * DAY_MS)
    expect(later(13.9)).toMatchObject({ kind: 'wait', nextAtMs: NOW_MS + 14 * DAY_MS })
    expect(later(14)).toMatchObject({
      ...{ kind: 'step', reason: 'asked-for', step: { kind: 'activate', version: 2 } },
      message: 'version 2 is known since 2026-06-01T12:00:00Z, asked for at 2026-06-01T12:00:00Z',
    })
  })

  test('hastens a version that is published, and says which gates hold it back', () => {
    expect(told(of(active(1, 20), next(2, 15)), { kind: 'rotate' }, QUARTERLY, ['control-plane'])).toEqual([
      'hasten 2',
      'version 2 takes over from version 1 with its gates open',
      'control-plane: expected a control plane that answers, found ECONNREFUSED',
    ])
  })

  test.each<[string, KeysetDocument, number | undefined, string]>([
    [
      'none in use',
      of(),
      undefined,
      'no version is in use: the first is made and put in use without being asked for',
    ],
    ['another in use by now', of(active(2, 1)), 1, 'version 1 is in use no more: version 2 is'],
    [
      'asked for before',
      of(active(1, 20), { ...next(2, 1), hastenedMs: NOW_MS }),
      1,
      'version 2 takes over from version 1 at 2026-06-14T12:00:00Z, with its gates open',
    ],
  ])('%s: nothing is left to do', (_, document, from, message) => {
    const order: KeysetOrder = { kind: 'rotate', ...(from === undefined ? {} : { from }) }
    expect(told(document, order)).toEqual(['', message])
  })
})

describe('to rotate at once', () => {
  const LEAK = { kind: 'rotate-now', graceMs: HOUR_MS, isNextLeaked: false } as const

  test('is the rotation after a leak', () => {
    expect(told(of(active(1, 20), next(2, 15)), { ...LEAK, from: 1 })[0]).toBe('activate 2')
    expect(told(of(active(1, 20)), LEAK).slice(0, 2)).toEqual([
      'replace 2',
      'version 1 has leaked, version 2 takes over at once',
    ])
  })

  test('does not rotate again when the version that leaked is in use no more', () => {
    expect(told(of(active(2, 20)), { ...LEAK, from: 1 })).toEqual([
      '',
      'version 1 is in use no more: version 2 is',
    ])
  })

  test('with none in use is refused', () => {
    expect(told(of(), LEAK)).toEqual([
      'refused: tokens: expected a version in use, found none: what has leaked takes over from nothing',
      'keyroller keyset advance tokens',
    ])
  })
})
