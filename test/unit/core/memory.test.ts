import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeOwed, type OwedReload } from '../../../src/core/memory.ts'
import { HOUR_MS, NOW_MS } from './builders.ts'
import { owed } from './consumer-builders.ts'

test('of one target: the oldest date, all materials, the most attempts, the last message', () => {
  const first = owed('podman:proxy', ['certificate/web'], { sinceMs: NOW_MS, attempts: 3, message: 'down' })
  const second = owed('podman:proxy', ['certificate/web', 'certificate/api'], { message: 'still down' })
  expect(mergeOwed([first, second])).toEqual([
    {
      target: 'podman:proxy',
      materials: ['certificate/web', 'certificate/api'],
      sinceMs: NOW_MS - HOUR_MS,
      attempts: 3,
      message: 'still down',
    },
  ])
})

test('the message of the older debt is kept when the newer has none', () => {
  const merged = mergeOwed([owed('podman:a', [], { message: 'down' }), owed('podman:a', [])])
  expect(merged).toMatchObject([{ message: 'down' }])
})

test('members of both are owed, and the whole target once one debt means the whole', () => {
  const one = owed('podman:a', [], { members: ['container:1'] })
  const two = owed('podman:a', [], { members: ['container:2'] })
  const whole = owed('podman:a', [])
  expect(mergeOwed([one, two, one])).toMatchObject([{ members: ['container:1', 'container:2'] }])
  expect(mergeOwed([one, whole])[0]).not.toHaveProperty('members')
  expect(mergeOwed([whole, one])[0]).not.toHaveProperty('members')
})

test('the earliest next try, and none once any of them is new', () => {
  const waits = [2, 1].map((hours) =>
    owed('podman:a', [], { atMs: NOW_MS, retryAtMs: NOW_MS + hours * HOUR_MS }),
  )
  expect(mergeOwed(waits)).toMatchObject([{ retryAtMs: NOW_MS + HOUR_MS }])
  expect(mergeOwed([...waits, owed('podman:a', [])])[0]).not.toHaveProperty('retryAtMs')
  expect(mergeOwed([owed('podman:a', []), ...waits])[0]).not.toHaveProperty('retryAtMs')
})

test('targets stay apart, in the order they came', () => {
  const merged = mergeOwed([owed('podman:b', []), owed('podman:a', []), owed('podman:b', [])])
  expect(merged.map(({ target }) => target)).toEqual(['podman:b', 'podman:a'])
})

const debts: fc.Arbitrary<OwedReload[]> = fc.array(
  fc
    .record({
      target: fc.constantFrom('podman:a', 'podman:b'),
      materials: fc.subarray(['certificate/a', 'certificate/b', 'identity/c'] as const),
      sinceMs: fc.nat(),
      attempts: fc.nat(9),
      members: fc.option(fc.subarray(['container:1', 'container:2']), { nil: undefined }),
      wait: fc.option(fc.record({ atMs: fc.nat(), retryAtMs: fc.nat() }), { nil: undefined }),
    })
    .map(({ members, wait, ...rest }) => ({ ...rest, ...wait, ...(members ? { members } : {}) })),
)

test('property: merging what was merged changes nothing', () => {
  fc.assert(
    fc.property(debts, (some) => {
      expect(mergeOwed(mergeOwed(some))).toEqual(mergeOwed(some))
    }),
  )
})

test('property: nobody owed is ever lost', () => {
  fc.assert(
    fc.property(debts, (some) => {
      const merged = mergeOwed(some)
      for (const { target, materials, members } of some) {
        const debt = merged.find((one) => one.target === target)
        expect(debt?.materials).toEqual(expect.arrayContaining([...materials]))
        if (debt?.members)
          expect(debt.members).toEqual(expect.arrayContaining([...(members ?? ['the whole target'])]))
      }
    }),
  )
})
