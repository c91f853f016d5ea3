import { describe, expect, test } from 'vitest'
import type { KeyVersion } from '../../../../src/core/keysets/document.ts'
import { NOW_MS } from '../builders.ts'
import { QUARTERLY } from './life.ts'
import { DATA, done, told } from './orders.ts'
import { active, HOLD, of, retired, retiring } from './versions.ts'

describe('to hold', () => {
  const DESTROYED: KeyVersion = { ...retired(1), fate: { what: 'destroyed', atMs: NOW_MS } }

  test('all of them: what is there and free', () => {
    const document = of(DESTROYED, { ...retiring(2), hold: HOLD }, retiring(3), active(4, 5))
    expect(told(document, { kind: 'hold', why: 'case 1' }, DATA)).toEqual([
      'hold 3, hold 4',
      'versions 3, 4: no bytes are lost from now on',
      'under-hold: version 3 stays accepted until the hold ends',
      'not-held: versions that are made later are not held: legal_hold in the configuration holds all',
    ])
    const held = done(document, { kind: 'hold', why: 'case 1' }, DATA).versions.map(({ hold }) => hold)
    const since = { sinceMs: NOW_MS, why: 'case 1' }
    expect(held).toEqual([undefined, HOLD, since, since])
  })

  test('one of them', () => {
    expect(told(of(active(1, 5)), { kind: 'hold', version: 1, why: 'case 1' })).toEqual([
      'hold 1',
      'version 1: no bytes are lost from now on',
    ])
  })

  test.each<[string, KeyVersion, string[]]>([
    ['is held', { ...active(1, 5), hold: HOLD }, ['', 'version 1: nothing that is not held already']],
    [
      'is gone',
      DESTROYED,
      ['refused: tokens: expected version 1 to be there, found it destroyed', 'keyroller keyset show tokens'],
    ],
  ])('one that %s', (_, version, expected) =>
    expect(told(of(version), { kind: 'hold', version: 1, why: 'w' })).toEqual(expected),
  )
})

describe('to end a hold', () => {
  test('says what follows, to the last of it', () => {
    const document = of({ ...retiring(1, -1), hold: HOLD }, active(2, 60))
    expect(told(document, { kind: 'unhold' }, DATA)).toEqual([
      'unhold 1',
      'version 1: held no more',
      'follows: retire version 1 follows at once: version 1 was to be accepted until 2026-05-31T12:00:00Z',
      'follows: archive version 1 follows at once: version 1 is accepted no more since 2026-06-01T12:00:00Z',
    ])
    expect(done(document, { kind: 'unhold' }, DATA).versions[0]?.hold).toBeUndefined()
  })

  test('where the configuration holds on, that is said', () => {
    const policy = { ...QUARTERLY, legalHold: 'case 1' }
    expect(told(of({ ...retired(1), hold: HOLD }), { kind: 'unhold', version: 1 }, policy)).toEqual([
      'unhold 1',
      'version 1: held no more',
      'under-hold: legal_hold of the configuration holds on: case 1',
    ])
    expect(told(of(retired(1)), { kind: 'unhold', version: 1 }, policy)).toEqual([
      'refused: tokens: expected a hold of its own on version 1, found legal_hold of the configuration: case 1',
      'take legal_hold out of [keyset.tokens], on every host that shares it',
    ])
  })

  test('without any is no news, and of no version there is an error', () => {
    expect(told(of(retired(1)), { kind: 'unhold' })).toEqual(['', 'version 1: nothing that is held'])
    expect(told(of(retired(1)), { kind: 'unhold', version: 3 })[0]).toMatch(/^refused: /)
  })
})
