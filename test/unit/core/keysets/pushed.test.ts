/** The life of a keyset whose versions are pushed: none is made here, and each waits for no clock but until peers can know of it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advance } from '../../../../src/core/keysets/advance.ts'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { emptyKeyset, isKeysetDocument, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'
import { factsOf, live, policies, QUARTERLY } from './life.ts'
import { told } from './orders.ts'
import { active, next, of } from './versions.ts'

const PUSHED: KeysetPolicy = { ...QUARTERLY, source: 'pushed' }

test('nothing lies ahead until something was pushed, however long the version in use is', () => {
  for (const document of [emptyKeyset('tokens'), of(active(1, 1000))])
    expect(ahead(document)).toEqual({
      kind: 'wait',
      reason: 'current',
      message: 'nothing lies ahead until the next version is pushed',
    })
})

test('the first that was pushed is put in use at once', () => {
  expect(ahead(of(next(1, 0)))).toMatchObject({ kind: 'step', reason: 'first-version' })
})

test('a later one once it was known for publish_ahead, however young the one in use is', () => {
  expect(ahead(of(active(1, 14), next(2, 13)))).toMatchObject({
    kind: 'wait',
    message: 'next is to activate version 2, at 2026-06-02T12:00:00Z',
  })
  expect(ahead(of(active(1, 14), next(2, 14)))).toMatchObject({
    ...{ kind: 'step', reason: 'rotation-due', step: { kind: 'activate', version: 2 } },
    message: 'version 2 is known since 2026-05-18T12:00:00Z, when it was pushed',
  })
})

test('but not before consumers know it', () => {
  expect(ahead(of(active(1, 14), next(2, 14)), ['consumers'])).toMatchObject({
    kind: 'hold',
    reason: 'consumers',
  })
})

test('its sequence stays with it for life, and in what is read back', () => {
  const made = afterStep(
    emptyKeyset('tokens'),
    { kind: 'make', version: 1, keyKind: 'ed25519' },
    { atMs: NOW_MS, sequence: 7 },
  )
  const used = afterStep(made, { kind: 'activate', version: 1, acceptForMs: DAY_MS }, { atMs: NOW_MS })
  expect(used.versions).toMatchObject([{ state: 'active', sequence: 7 }])
  expect(isKeysetDocument(used)).toBe(true)
  const odd = { ...used, versions: used.versions.map((one) => ({ ...one, sequence: '7' })) }
  expect(isKeysetDocument(odd)).toBe(false)
})

test('a rotation that is asked for needs a version that was pushed', () => {
  const refused = [
    'refused: tokens: expected a version in waiting that was pushed, found none, and none is made here',
    'push the next one to its inbox, then keyroller adopt keyset/tokens',
  ]
  const leak = { kind: 'rotate-now', graceMs: 0 } as const
  const [one, two] = [of(active(1, 20)), of(active(1, 20), next(2, 1))]
  expect(told(one, { kind: 'rotate' }, PUSHED)).toEqual(refused)
  expect(told(one, { ...leak, isNextLeaked: false }, PUSHED)).toEqual(refused)
  expect(told(two, { ...leak, isNextLeaked: true }, PUSHED)).toEqual(refused)
  expect(told(two, { kind: 'rotate' }, PUSHED)[0]).toBe('hasten 2')
  expect(told(two, { ...leak, isNextLeaked: false }, PUSHED)[0]).toBe('activate 2')
})

test('whatever the clock and the gates do, no version comes of itself', () => {
  const runs = fc.array(
    fc.record({ afterMs: fc.integer({ min: -DAY_MS, max: 400 * DAY_MS }), shut: fc.constant([]) }),
  )
  fc.assert(
    fc.property(policies, runs, (policy, all) => {
      const { taken } = live({ ...policy, source: 'pushed' }, all)
      expect(taken).toEqual([])
    }),
  )
})

function ahead(document: KeysetDocument, shut: Parameters<typeof factsOf>[1] = []) {
  return advance(document, PUSHED, factsOf(document, shut), NOW_MS)
}
