import { expect, test } from 'vitest'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { emptyKeyset, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import { type Leak, rotateNow } from '../../../../src/core/keysets/rotate-now.ts'
import { DAY_MS, HOUR_MS, NOW_MS } from '../builders.ts'
import { factsOf, GATES, QUARTERLY } from './life.ts'

const LEAK: Leak = { graceMs: HOUR_MS, isNextLeaked: false }
const LOSS = 'what version 1 has made is refused from 2026-06-01T13:00:00Z, though it may live for 30d'

test('the version in waiting takes over at once, what leaked has its grace, and what breaks is said', () => {
  const rotation = rotate(published(20), LEAK)
  expect(rotation?.message).toBe('version 1 has leaked, version 2 takes over at once')
  expect(rotation?.step).toEqual({ kind: 'activate', version: 2, acceptForMs: HOUR_MS })
  expect(told(rotation)).toEqual([`refused-early: ${LOSS}`])
  expect(after(published(20), LEAK)).toEqual(['retiring 2026-06-01T13:00:00.000Z', 'active'])
})

test('one that was published late, past gates that are shut: each is a consequence', () => {
  const document = published(2)
  const rotation = rotateNow(document, QUARTERLY, factsOf(document, GATES), LEAK, NOW_MS)
  expect(told(rotation)).toEqual([
    'unknown-to-peers: peers refuse version 2 until they learn of it: expected it known 14d before, found since 2026-05-30T12:00:00Z',
    'control-plane: expected a control plane that answers, found ECONNREFUSED',
    'consumers: expected all consumers to know version 2, not yet do podman:api',
    'hosts: expected all hosts to know version 2, not yet do b.int.privsec.ch',
    `refused-early: ${LOSS}`,
  ])
})

test('one that leaked along with it is given up: another takes over, which nobody knows', () => {
  const rotation = rotate(published(20), { ...LEAK, isNextLeaked: true })
  expect(rotation?.step).toEqual({ kind: 'replace', version: 3, keyKind: 'ed25519', acceptForMs: HOUR_MS })
  expect(told(rotation).map((line) => line.split(':')[0])).toEqual([
    'given-up',
    'unknown-to-peers',
    'consumers',
    'hosts',
    'refused-early',
  ])
  const states = after(published(20), { ...LEAK, isNextLeaked: true })
  expect(states).toEqual(['retiring 2026-06-01T13:00:00.000Z', 'retired', 'active'])
})

test('none in waiting: one is made', () => {
  expect(rotate(inUse(), LEAK)?.step).toMatchObject({ kind: 'replace', version: 2 })
  expect(after(inUse(), LEAK)).toEqual(['retiring 2026-06-01T13:00:00.000Z', 'active'])
})

test.each<[string, Partial<Leak>, number]>([
  ['longer than by policy', { graceMs: 90 * DAY_MS }, QUARTERLY.acceptForMs],
  ['none', { graceMs: 0 }, 0],
  ['less than none', { graceMs: -1 }, 0],
])('a grace that is %s', (_, changes, acceptForMs) => {
  expect(rotate(published(20), { ...LEAK, ...changes })?.step).toMatchObject({ acceptForMs })
})

test('with the whole grace nothing is refused early', () => {
  expect(told(rotate(published(20), { ...LEAK, graceMs: QUARTERLY.acceptForMs }))).toEqual([])
})

test('a data key under hold stays accepted although it leaked, and that is said', () => {
  const policy: KeysetPolicy = { ...QUARTERLY, underHold: 'accept', legalHold: 'case 4711' }
  expect(told(rotate(published(20), LEAK, policy))).toEqual([
    'under-hold: version 1 stays accepted although it leaked, until its hold ends',
  ])
})

test('others have made the version meanwhile: nothing is replaced', () => {
  const step = rotate(inUse(), LEAK)?.step
  const document = published(0)
  expect(step && afterStep(document, step, { atMs: NOW_MS })).toEqual(document)
})

test('none in use: there is nothing to take over from', () => {
  expect(rotate(emptyKeyset('tokens'), LEAK)).toBeUndefined()
})

function rotate(document: KeysetDocument, leak: Leak, policy = QUARTERLY) {
  return rotateNow(document, policy, factsOf(document), leak, NOW_MS)
}

function after(document: KeysetDocument, leak: Leak): string[] {
  const step = rotate(document, leak)?.step
  const { versions } = step ? afterStep(document, step, { atMs: NOW_MS }) : document
  return versions.map((one) =>
    one.state === 'retiring' ? `retiring ${new Date(one.acceptUntilMs).toISOString()}` : one.state,
  )
}

function told(rotation: ReturnType<typeof rotateNow>): string[] {
  return rotation?.consequences.map(({ reason, message }) => `${reason}: ${message}`) ?? []
}

function inUse(): KeysetDocument {
  return {
    ...emptyKeyset('tokens'),
    versions: [{ ...made(1, 60), state: 'active', activeMs: NOW_MS - 60 * DAY_MS }],
  }
}

function published(daysAgo: number): KeysetDocument {
  return { ...inUse(), versions: [...inUse().versions, { ...made(2, daysAgo), state: 'next' }] }
}

function made(number: number, daysAgo: number) {
  return { number, kind: 'ed25519', kid: `v${number}`, createdMs: NOW_MS - daysAgo * DAY_MS } as const
}
