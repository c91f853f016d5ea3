import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  effectivePins,
  PLACEHOLDER_FINGERPRINT,
  PLACEHOLDER_PEM,
  staying,
} from '../../../../src/core/planning/pinned.ts'

const PLACEHOLDER = { fingerprint: PLACEHOLDER_FINGERPRINT, isCa: true }
const AUTHORITY = { fingerprint: 'ca', isCa: true }
const [OLD, NEW, LOST] = ['old', 'new', 'lost'].map((fingerprint) => ({ fingerprint, isCa: false })) as [
  Leaf,
  Leaf,
  Leaf,
]
interface Leaf {
  readonly fingerprint: string
  readonly isCa: boolean
}

describe('the placeholder', () => {
  const placeholder = new X509Certificate(PLACEHOLDER_PEM)

  test('is an authority, so that Vault looks at what follows it, and one that is known again', () => {
    expect(placeholder.ca).toBe(true)
    expect(placeholder.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(PLACEHOLDER_FINGERPRINT)
    expect(PLACEHOLDER_PEM.endsWith('-----\n')).toBe(true)
  })

  test('ended before any certificate of use began, so that no chain can end in it', () => {
    expect(placeholder.validTo).toBe('Jan  1 00:00:01 1970 GMT')
  })
})

describe('what lets somebody in', () => {
  test.each([
    ['nothing', [], []],
    ['one certificate', [OLD], [OLD]],
    ['two: Vault looks at the first alone', [OLD, NEW], [OLD]],
    ['one with its issuer behind it, which counts for nothing there', [OLD, AUTHORITY], [OLD]],
    ['behind the placeholder: all', [PLACEHOLDER, OLD, NEW], [OLD, NEW]],
    ['the placeholder twice', [PLACEHOLDER, OLD, PLACEHOLDER], [OLD]],
    ['an authority', [AUTHORITY, OLD], 'authority'],
    ['an authority behind the placeholder, which counts as well', [PLACEHOLDER, OLD, AUTHORITY], 'authority'],
  ])('%s', (_, held, expected) => {
    expect(effectivePins(held)).toEqual(expected)
  })

  test('property: written and read again, it is what was written', () => {
    const leaves = fc.uniqueArray(fc.constantFrom(OLD, NEW, LOST), { minLength: 1 })
    fc.assert(
      fc.property(leaves, (pins) => {
        expect(effectivePins([PLACEHOLDER, ...pins])).toEqual(pins)
      }),
    )
  })
})

describe('what stays beside a new one', () => {
  test('the certificate on disk, not what a rotation left that came to nothing', () => {
    expect(staying([OLD, LOST], OLD.fingerprint)).toEqual([OLD])
  })

  test('everything, where none is on disk that is known there', () => {
    expect(staying([OLD, LOST], undefined)).toEqual([OLD, LOST])
    expect(staying([OLD, LOST], NEW.fingerprint)).toEqual([OLD, LOST])
  })
})
