import { expect, test } from 'vitest'
import { isUrgent } from '../../../../src/core/ledger/urgency.ts'
import { leaf } from '../builders.ts'

const LIFE = leaf({ notBeforeMs: 0, notAfterMs: 1000 })

test.each([
  [899, false],
  [900, true],
  [1000, true],
  [5000, true],
])('of a life of 1000 ms, at %i: %s', (nowMs, urgent) => expect(isUrgent(LIFE, nowMs)).toBe(urgent))

test('without a certificate nothing can end', () => expect(isUrgent(undefined, 0)).toBe(false))
