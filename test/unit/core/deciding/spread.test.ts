import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dueAt, fixedPlace } from '../../../../src/core/deciding/spread.ts'
import type { RenewAt } from '../../../../src/core/material.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'

const LIFE = { notBeforeMs: NOW_MS, notAfterMs: NOW_MS + 30 * DAY_MS }
const TWO_THIRDS: RenewAt = { kind: 'fraction', of: 2 / 3 }

describe('dueAt', () => {
  test('a fraction counts from the start of the life', () => {
    expect(dueAt(LIFE, TWO_THIRDS, 0, 0.5)).toBe(NOW_MS + 20 * DAY_MS)
  })

  test('what must always remain counts from its end', () => {
    expect(dueAt(LIFE, { kind: 'remaining', ms: 7 * DAY_MS }, 0, 0.5)).toBe(NOW_MS + 23 * DAY_MS)
  })

  test('the spread moves it forward by its share of the life at the place of the host', () => {
    expect(dueAt(LIFE, TWO_THIRDS, 1 / 10, 0)).toBe(NOW_MS + 20 * DAY_MS)
    expect(dueAt(LIFE, TWO_THIRDS, 1 / 10, 0.5)).toBe(NOW_MS + 18.5 * DAY_MS)
  })

  test('more remaining than the life is long cannot renew at every run', () => {
    expect(dueAt(LIFE, { kind: 'remaining', ms: 90 * DAY_MS }, 0, 0)).toBe(NOW_MS + 15 * DAY_MS)
  })

  test('property: between half of the life and its end, whatever is configured', () => {
    const renewAt: fc.Arbitrary<RenewAt> = fc.oneof(
      fc
        .double({ min: 0.5, max: 1, maxExcluded: true, noNaN: true })
        .map((of) => ({ kind: 'fraction' as const, of })),
      fc.integer({ min: 1000, max: 1000 * DAY_MS }).map((ms) => ({ kind: 'remaining' as const, ms })),
    )
    const spread = fc.double({ min: 0, max: 0.25, noNaN: true })
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    const lifetime = fc.integer({ min: 1, max: 3650 * DAY_MS })
    fc.assert(
      fc.property(renewAt, spread, place, lifetime, (when, share, at, lifetimeMs) => {
        const life = { notBeforeMs: NOW_MS, notAfterMs: NOW_MS + lifetimeMs }
        const dueAtMs = dueAt(life, when, share, at)
        expect(dueAtMs).toBeGreaterThanOrEqual(NOW_MS + lifetimeMs / 2)
        expect(dueAtMs).toBeLessThanOrEqual(life.notAfterMs)
        expect(dueAt(life, when, share, at)).toBe(dueAtMs)
      }),
    )
  })
})

describe('fixedPlace', () => {
  const hosts = Array.from({ length: 10_000 }, (_, index) => index.toString(16).padStart(32, '0'))

  test('does not change between releases: a fleet would renew at once', () => {
    expect(fixedPlace('4c4c4544004d3010', 'certificate/web')).toBeCloseTo(0.8976452911738306, 12)
  })

  test('is another one for another material of the same host', () => {
    expect(fixedPlace('host-1', 'certificate/web')).not.toBe(fixedPlace('host-1', 'certificate/api'))
    expect(fixedPlace('host-1', 'certificate/web')).not.toBe(fixedPlace('host-1', 'identity/web'))
  })

  test.each(['certificate/web', 'identity/ncprd1'] as const)(
    '10 000 hosts are even over 100 places: %s',
    (material) => {
      const counts = new Array<number>(100).fill(0)
      for (const host of hosts) {
        const place = Math.floor(fixedPlace(host, material) * 100)
        counts[place] = (counts[place] ?? 0) + 1
      }
      expect(counts).toHaveLength(100)
      const chiSquare = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)
      // 99 degrees of freedom: 149 is passed by one in a thousand even hashes, and ours is fixed.
      expect(chiSquare).toBeLessThan(149)
    },
  )

  test('hosts one after another do not renew one after another', () => {
    const places = hosts.slice(0, 1000).map((host) => fixedPlace(host, 'certificate/web'))
    const rises = places.filter((place, index) => index > 0 && place > (places[index - 1] ?? 0)).length
    expect(rises).toBeGreaterThan(450)
    expect(rises).toBeLessThan(550)
  })

  test('property: 0 to below 1, and the same every time', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (host, name) => {
        const place = fixedPlace(host, `certificate/${name}`)
        expect(place).toBeGreaterThanOrEqual(0)
        expect(place).toBeLessThan(1)
        expect(fixedPlace(host, `certificate/${name}`)).toBe(place)
      }),
    )
  })
})
