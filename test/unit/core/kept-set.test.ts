import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KeptSet, keptSetName, parseKeptSetName } from '../../../src/core/kept-set.ts'
import type { MaterialId } from '../../../src/core/material.ts'

const READ = {
  material: 'certificate/web',
  keptAtMs: 1_780_000_000_123,
  certificate: { serial: '4a11', notBeforeMs: 1_779_000_000_000, notAfterMs: 1_781_000_000_000 },
} as const

test('a name says what it is, what is in it and since when', () => {
  expect(keptSetName(READ)).toBe('certificate-web.4a11.1779000000.1781000000.1780000000123.json')
  const { certificate: _, ...unread } = READ
  expect(keptSetName(unread)).toBe('certificate-web.unread.1780000000123.json')
})

test.each([
  'certificate-web.4a11.1779000000.1781000000.1780000000123.json.new',
  'certificate-web.4a11.1779000000.1781000000.1780000000123.json.new.4294967295',
  'certificate-web.4a11.1780000000123.json',
  'certificate-.unread.1780000000123.json',
  'policy-web.unread.1780000000123.json',
  'certificate-web.unread.9999999999999999.json',
  'certificate-web.4A11.1779000000.1781000000.1780000000123.json',
  '.certificate-web.unread.1.json',
  'state.json',
  '',
])('%j is no name of a kept set', (name) => expect(parseKeptSetName(name)).toBeUndefined())

const moments = fc.integer({ min: -62_000_000_000, max: 250_000_000_000 }).map((seconds) => seconds * 1000)
const sets: fc.Arbitrary<Omit<KeptSet, 'fileName'>> = fc
  .record({
    kind: fc.constantFrom('identity', 'certificate'),
    name: fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
      fc.constantFrom('a.unread', 'a.unread.1', 'a.4a.1.2', 'a-b.json', 'a.4a.1.2.3.json'),
    ),
    keptAtMs: fc.nat({ max: 4_000_000_000_000 }),
    certificate: fc.option(
      fc.record({
        serial: fc.stringMatching(/^[0-9a-f]{1,40}$/),
        notBeforeMs: moments,
        notAfterMs: moments,
      }),
      { nil: undefined },
    ),
  })
  .map(({ kind, name, keptAtMs, certificate }) => {
    const material = `${kind}/${name}` as MaterialId
    return { material, keptAtMs, ...(certificate ? { certificate } : {}) }
  })

test('property: every set is found again by its name, which a file system takes', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const fileName = keptSetName(set)
      expect(parseKeptSetName(fileName)).toEqual({ ...set, fileName })
      expect(`${fileName}.new.4294967295`.length).toBeLessThanOrEqual(255)
    }),
  )
})
