import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, isInOrder } from '../../../../src/core/ledger/canonical.ts'

// RFC 8785 §3.2.3, as far as our values go.
test('names are in the order of their UTF-16 code units', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  expect(canonicalJson(value)).toBe(
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  )
})

// RFC 8785 §3.2.2.2.
test('strings are escaped no more than they must be', () =>
  expect(canonicalJson('\u20ac$\u000f\nA\'\u0042\u0022\u005c\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'))

test.each([
  ['a fraction', 0.5],
  ['beyond what is exact', 2 ** 53],
  ['minus zero', -0],
  ['no number', Number.NaN],
  ['null', null],
  ['undefined', undefined],
  ['a member that is undefined', { a: undefined }],
  ['half a surrogate pair', '\ud800'],
  ['a name with half of one', { '\udfff': 1 }],
  ['a function', () => 1],
  ['a big integer', 1n],
])('%s has no canonical form', (_, value) => {
  expect(() => canonicalJson(value)).toThrow('canonical form')
  expect(isInOrder(value)).toBe(false)
})

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger().map((one) => one + 0),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 4 }),
  ),
})).value

test('one value has one form, whatever it was read from', () => {
  fc.assert(
    fc.property(values, (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('what is in order already is written so by JSON.stringify, and nothing else is', () => {
  fc.assert(
    fc.property(values, (value) => {
      const [form, plain] = [canonicalJson(value), JSON.parse(JSON.stringify(value))]
      expect(isInOrder(plain)).toBe(JSON.stringify(plain) === form || hasIndexNames(form))
      if (isInOrder(plain)) expect(JSON.stringify(plain)).toBe(form)
    }),
  )
})

function hasIndexNames(form: string): boolean {
  return /"\d+":/.test(form)
}
