import fc from 'fast-check'
import { expect, test } from 'vitest'
import { composeBundle, describeChange, joinNeeds } from '../../../../src/core/deciding/bundle.ts'
import { authority, DAY_MS, NOW_MS } from '../builders.ts'

const [OLD, NEW, ROOT] = ['old', 'new', 'root'].map((name) => authority(name)) as [A, A, A]
type A = ReturnType<typeof authority>

test('a new authority comes in, an old one stays while a certificate here needs it', () => {
  const needs = { old: NOW_MS + DAY_MS }
  const composed = composeBundle([NEW, ROOT], [OLD, ROOT], needs, NOW_MS)
  expect(composed.authorities).toEqual([NEW, ROOT, OLD])
  expect(describeChange(composed)).toBe('adds new (new); keeps old (old), still needed here')
  const later = composeBundle([NEW, ROOT], composed.authorities, needs, NOW_MS + DAY_MS)
  expect(describeChange(later)).toBe('drops old (old)')
})

test('what has expired stays out, wherever it comes from and whoever needs it', () => {
  const over = authority('over', { notAfterMs: NOW_MS })
  expect(composeBundle([over, ROOT], [], {}, NOW_MS).authorities).toEqual([ROOT])
  expect(composeBundle([ROOT], [over], { over: NOW_MS + DAY_MS }, NOW_MS).dropped).toEqual([over])
})

test('the same set in another order is no change', () => {
  expect(describeChange(composeBundle([ROOT, OLD], [OLD, ROOT], {}, NOW_MS))).toBeUndefined()
})

test('a certificate that was replaced is needed for as long as it lives', () => {
  const joined = joinNeeds({ old: NOW_MS + 2, gone: NOW_MS }, { old: NOW_MS + 1, new: NOW_MS + 3 }, NOW_MS)
  expect(joined).toEqual({ old: NOW_MS + 2, new: NOW_MS + 3 })
})

test('for any source and any bundle: no authority is lost that is needed, and a second look changes nothing', () => {
  const some = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
  fc.assert(
    fc.property(some, some, some, (source, installed, needed) => {
      const of = (names: readonly string[]) => names.map((name) => authority(name))
      const needs = Object.fromEntries(needed.map((name) => [name, NOW_MS + DAY_MS]))
      const { authorities } = composeBundle(of(source), of(installed), needs, NOW_MS)
      const held = new Set(authorities.map(({ fingerprint }) => fingerprint))
      const wanted = new Set([...source, ...installed.filter((name) => needed.includes(name))])
      expect(held).toEqual(wanted)
      expect(describeChange(composeBundle(of(source), authorities, needs, NOW_MS))).toBeUndefined()
    }),
  )
})
