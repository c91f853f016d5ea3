import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attest, TRUST_DOMAIN_FORM } from '../../../../src/core/consumers/spiffe.ts'

const DOMAIN = 'privsec.ch'

test.each(['spiffe://privsec.ch', 'spiffe://privsec.ch/web', 'spiffe://privsec.ch/ns/prod/sa/web.v1_2-3'])(
  '%s is of privsec.ch',
  (id) => expect(attest([id], DOMAIN)).toEqual({ peer: id }),
)

test.each([
  [[], 'none'],
  [['spiffe://privsec.ch/a', 'spiffe://privsec.ch/b'], '2 URIs'],
  [['spiffe://privsec.ch/a', 'https://privsec.ch/'], '2 URIs'],
  ...[
    'spiffe://other.ch/web',
    'spiffe://privsec.ch.evil.example/web',
    'spiffe://evil.example/privsec.ch',
    'spiffe://web@privsec.ch/web',
    'spiffe://privsec.ch:443/web',
    'spiffe://privsec.ch/web/',
    'spiffe://privsec.ch//web',
    'spiffe://privsec.ch/../web',
    'spiffe://privsec.ch/./web',
    'spiffe://privsec.ch/web?x',
    'spiffe://privsec.ch/web#x',
    'spiffe://PRIVSEC.ch/web',
    'SPIFFE://privsec.ch/web',
    'https://privsec.ch/web',
    `spiffe://privsec.ch/${'a'.repeat(2048)}`,
    'spiffe://privsec.ch/web\n',
  ].map((id): [string[], string] => [[id], id]),
])('%j is not', (uris, found) => {
  expect(attest(uris, DOMAIN)).toEqual({ fault: `expected one SPIFFE ID of privsec.ch, found ${found}` })
})

describe('a trust domain', () => {
  test.each(['privsec.ch', 'a', 'prod_1.privsec-2.ch'])('%s', (text) => {
    expect(TRUST_DOMAIN_FORM.test(text)).toBe(true)
  })

  test.each([
    '',
    ' ',
    '.',
    '*',
    'privsec.ch.',
    '.ch',
    'a..b',
    'PrivSec.ch',
    'spiffe://privsec.ch',
    'a/b',
    'a:1',
  ])('"%s" is none', (text) => expect(TRUST_DOMAIN_FORM.test(text)).toBe(false))

  test('none of 256 characters', () => expect(TRUST_DOMAIN_FORM.test('a'.repeat(256))).toBe(false))

  test('property: no ID is of two of them', () => {
    const domain = fc.stringMatching(/^[a-z0-9_-]{1,4}(?:\.[a-z0-9_-]{1,4}){0,2}$/)
    fc.assert(
      fc.property(domain, domain, (one, other) => {
        expect('peer' in attest([`spiffe://${one}/x`], other)).toBe(one === other)
      }),
    )
  })
})
