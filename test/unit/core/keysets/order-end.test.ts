import { describe, expect, test } from 'vitest'
import type { KeysetDocument, KeyVersion } from '../../../../src/core/keysets/document.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import { NOW_MS } from '../builders.ts'
import { QUARTERLY } from './life.ts'
import { DATA, done, told } from './orders.ts'
import { active, HOLD, of, retired, retiring } from './versions.ts'

describe('to retire', () => {
  test('cuts a version off before its time, and says what breaks and what follows', () => {
    expect(told(of(retiring(1), active(2, 5)), { kind: 'retire', version: 1 })).toEqual([
      'retire 1',
      'version 1 is accepted no more',
      'refused-early: what version 1 has made is refused at once, though it was to be accepted until 2026-06-11T12:00:00Z',
      'follows: archive version 1 follows at once: version 1 is accepted no more since 2026-06-01T12:00:00Z',
    ])
  })

  test('what is retired is no news', () => {
    const document = of(retired(1), active(2, 5))
    expect(told(document, { kind: 'retire', version: 1 })).toEqual([
      '',
      'version 1 is accepted no more already',
    ])
  })

  test('under hold, a signing key is cut off and kept', () => {
    const document = of({ ...retiring(1), hold: HOLD }, active(2, 5))
    const [steps, , ...consequences] = told(document, { kind: 'retire', version: 1 })
    expect([steps, consequences.map((one) => one.split(':')[0])]).toEqual(['retire 1', ['refused-early']])
  })

  test.each<[string, KeysetDocument, number, KeysetPolicy, string, string]>([
    [
      'one in use',
      of(active(1, 5)),
      1,
      QUARTERLY,
      'tokens: expected version 1 retiring, found it active',
      'keyroller keyset rotate tokens, first',
    ],
    [
      'one that is not there',
      of(active(1, 5)),
      7,
      QUARTERLY,
      'tokens: expected version 7, found version 1 alone',
      'keyroller keyset show tokens',
    ],
    [
      'a data key under hold',
      of({ ...retiring(1), hold: HOLD }, active(2, 5)),
      1,
      DATA,
      'tokens: expected version 1 under no hold, found a hold since 2026-05-31T12:00:00Z: case 4711',
      'keyroller keyset unhold tokens 1',
    ],
    [
      'a data key under a hold of the configuration',
      of(retiring(1), active(2, 5)),
      1,
      { ...DATA, legalHold: 'case 1' },
      'tokens: expected version 1 under no hold, found legal_hold of the configuration: case 1',
      'take legal_hold out of [keyset.tokens], on every host that shares it',
    ],
  ])('%s is refused', (_, document, version, policy, message, hint) =>
    expect(told(document, { kind: 'retire', version }, policy)).toEqual([`refused: ${message}`, hint]),
  )
})

describe('to destroy', () => {
  test.each<[string, KeyVersion, string]>([
    ['a retired version', retired(1), 'verified'],
    ['an archived one', { ...retired(1), fate: { what: 'archived', atMs: NOW_MS } }, 'verified'],
    ['a data key', { ...retired(1), kind: 'aes-256' }, 'decrypted'],
    ['a mac key', { ...retired(1), kind: 'hmac-256' }, 'verified'],
  ])('%s', (_, version, use) => {
    const document = of(version, active(2, 5))
    expect(told(document, { kind: 'destroy', version: 1 })).toEqual([
      'destroy 1',
      'nothing is left of version 1',
      `bytes-gone: what version 1 has made can never be ${use} again, also not as evidence`,
    ])
    expect(told(done(document, { kind: 'destroy', version: 1 }), { kind: 'destroy', version: 1 })).toEqual([
      '',
      'nothing is left of version 1 already',
    ])
  })

  test.each<[string, KeyVersion, Partial<KeysetPolicy>, RegExp]>([
    ['one under hold', { ...retired(1), hold: HOLD }, {}, /under no hold, found a hold since/],
    ['one under a hold of the configuration', retired(1), { legalHold: 'case 1' }, /found legal_hold of the/],
    [
      'one that is accepted still',
      retiring(1),
      {},
      /^refused: tokens: expected version 1 retired, found it retiring$/,
    ],
  ])('%s is refused', (_, version, changes, message) =>
    expect(
      told(of(version, active(2, 5)), { kind: 'destroy', version: 1 }, { ...QUARTERLY, ...changes })[0],
    ).toMatch(message),
  )
})
