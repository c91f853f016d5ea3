import { expect, test } from 'vitest'
import { nameSome } from '../../../src/core/name-some.ts'

test.each([
  [0, 'nothing'],
  [1, 'n0'],
  [8, 'n0, n1, n2, n3, n4, n5, n6, n7'],
  [9, 'n0, n1, n2, n3, n4, n5, n6, n7 and 1 more'],
  [1000, 'n0, n1, n2, n3, n4, n5, n6, n7 and 992 more'],
])('%i names', (count, sentence) => {
  expect(nameSome(Array.from({ length: count }, (_, index) => `n${index}`))).toBe(sentence)
})
