import { expect, test } from 'vitest'
import { sentenceOf } from '../../../src/vault/sentence.ts'

test.each([
  [['permission denied'], 'permission denied'],
  [['1 error occurred:\n\t* permission denied\n\n'], 'permission denied'],
  [['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'], 'permission denied; invalid token'],
  [['first', 'second.'], 'first; second'],
  [[17, null, { a: 1 }, 'words'], 'words'],
  [[], ''],
])('%j', (errors, sentence) => {
  expect(sentenceOf({ errors })).toBe(sentence)
})

test.each([undefined, null, 'text', {}, { errors: 'text' }, { errors: null }])('%j says nothing', (body) => {
  expect(sentenceOf(body)).toBe('')
})

test('control characters do not reach a terminal', () => {
  expect(sentenceOf({ errors: ['a\u001b[31mb\u0007c\r\nd\u202ee'] })).toBe('a [31mb c; d e')
})

test.each([
  ['a token', 'token hvs.CAESIJlongEnoughToBeAToken was bad', 'token [left out] was bad'],
  ['a batch token', 'hvb.AAAAAQJlongEnoughToBeAToken', '[left out]'],
  ['an old token', 's.Qf1Yw8mQ8q6mZkYc5Zr2qE9t is gone', '[left out] is gone'],
  [
    'a PEM block',
    'in -----BEGIN EC PRIVATE KEY-----\nAA\n-----END EC PRIVATE KEY----- here',
    'in [left out] here',
  ],
  ['an unfinished PEM block', 'in -----BEGIN CERTIFICATE REQUEST-----\\nMIIB', 'in [left out]'],
  ['a long run', `x ${'A'.repeat(64)} y`, 'x [left out] y'],
])('%s is left out', (_, said, sentence) => {
  expect(sentenceOf({ errors: [said] })).toBe(sentence)
})

test('names stay', () => {
  const said = `common name ${'a'.repeat(63)}.example.com not allowed by this role`
  expect(sentenceOf({ errors: [said] })).toBe(said)
})

test('a long answer is cut', () => {
  expect(sentenceOf({ errors: ['ab '.repeat(100_000)] })).toHaveLength(401)
})

test('a megabyte takes no time', () => {
  const startedMs = performance.now()
  for (const part of [' ', '\n', '\n * ', '-----BEGIN', 's.', 'A'])
    sentenceOf({ errors: [part.repeat(1_000_000 / part.length)] })
  expect(performance.now() - startedMs).toBeLessThan(1000)
})
