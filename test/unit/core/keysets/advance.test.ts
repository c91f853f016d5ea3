import { expect, test } from 'vitest'
import { type Advance, advance } from '../../../../src/core/keysets/advance.ts'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { emptyKeyset, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'
import { factsOf, GATES, type Gate, live, QUARTERLY } from './life.ts'

const day = (count: number) => NOW_MS + count * DAY_MS

test('a life: made, put in use, joined by the next, relieved, accepted still, retired, archived', () => {
  const days = [0, 75, 76, 89, 90, 119, 120]
  const runs = days.map((at, index) => ({ afterMs: (at - (days[index - 1] ?? 0)) * DAY_MS, shut: [] }))
  const told = live(QUARTERLY, runs).taken.map(
    ({ nowMs, step }) => `day ${(nowMs - NOW_MS) / DAY_MS}: ${step.kind} ${step.version}`,
  )
  expect(told).toEqual([
    'day 0: make 1',
    'day 0: activate 1',
    'day 76: make 2',
    'day 90: activate 2',
    'day 120: retire 1',
    'day 120: archive 1',
  ])
})

test.each<[string, number, string]>([
  ['nothing due', 75, 'wait current: next is to make version 2, at 2026-08-16T12:00:00Z'],
  [
    'peers are to learn the next',
    76,
    'step rotation-ahead: version 1 is in use until 2026-08-30T12:00:00Z, to be known 14d before',
  ],
])('%s', (_, at, expected) =>
  expect(told(advance(inUse(), QUARTERLY, factsOf(inUse()), day(at)))).toBe(expected),
)

test('a host that was off for a year publishes first, and waits as long as ever', () => {
  const { taken } = live(
    QUARTERLY,
    [0, 365, 13, 1].map((days) => ({ afterMs: days * DAY_MS, shut: [] })),
  )
  const last = taken.slice(-2).map(({ step, nowMs }) => [step.kind, (nowMs - NOW_MS) / DAY_MS])
  expect(last).toEqual([
    ['make', 365],
    ['activate', 379],
  ])
})

test('a policy that became longer is kept, also with the next version published already', () => {
  const longer = { ...QUARTERLY, rotateEveryMs: 120 * DAY_MS }
  const at = (days: number) => advance(published(), longer, factsOf(published()), day(days))
  expect(at(119)).toMatchObject({ kind: 'wait', nextAtMs: day(120) })
  expect(at(120)).toMatchObject({ kind: 'step', step: { kind: 'activate', version: 2 } })
})

const WAITING =
  'version 2 is known since 2026-08-16T12:00:00Z, version 1 is in use since 2026-06-01T12:00:00Z'

test.each<[string, Gate[], string]>([
  ['open', [], `step rotation-due: ${WAITING}`],
  [
    'control plane down',
    ['control-plane'],
    `hold control-plane: ${WAITING}; expected a control plane that answers, found ECONNREFUSED`,
  ],
  [
    'a consumer behind',
    ['consumers'],
    `hold consumers: ${WAITING}; expected all consumers to know version 2, not yet do podman:api`,
  ],
  [
    'a host behind',
    ['hosts'],
    `hold hosts: ${WAITING}; expected all hosts to know version 2, not yet do b.int.privsec.ch`,
  ],
])('gates: %s', (_, shut, expected) => {
  expect(told(advance(published(), QUARTERLY, factsOf(published(), shut), day(90)))).toBe(expected)
})

test.each<[string, Gate[], string]>([
  [
    'no consumer and no host',
    ['consumers', 'hosts'],
    'step first-version: version 1 is known, and none is in use',
  ],
  [
    'the control plane',
    [...GATES],
    'hold control-plane: version 1 is known, and none is in use; expected a control plane that answers, found ECONNREFUSED',
  ],
])('the first version waits for %s', (_, shut, expected) => {
  const document: KeysetDocument = { ...emptyKeyset('tokens'), versions: [{ ...made(1, 0), state: 'next' }] }
  const nobody = { ...factsOf(emptyKeyset('tokens'), shut), consumers: [{ name: 'podman:api', knows: [] }] }
  expect(told(advance(document, QUARTERLY, nobody, NOW_MS))).toBe(expected)
})

test('a host that stays away is left behind after the time that the policy gives it, by name; a control plane never', () => {
  const policy = { ...QUARTERLY, leaveHostsAfterMs: 7 * DAY_MS }
  const at = (days: number, shut: Gate[]) =>
    advance(published(), policy, factsOf(published(), shut), day(days))
  expect(at(96, ['hosts'])).toMatchObject({ kind: 'hold', reason: 'hosts', nextAtMs: day(97) })
  expect(at(97, ['hosts'])).toMatchObject({ kind: 'step', step: { kind: 'activate', version: 2 } })
  expect(at(97, ['hosts']).message).toContain('not yet do b.int.privsec.ch')
  expect(at(97, ['hosts', 'control-plane'])).toMatchObject({ kind: 'hold', reason: 'control-plane' })
  expect(at(97, ['hosts', 'control-plane']).nextAtMs).toBeUndefined()
})

test('what waits at a gate keeps no cutoff waiting', () => {
  const ahead = live({ ...QUARTERLY, acceptForMs: 100 * DAY_MS }, visits([0, 76, 90, 166])).rests.at(
    -1,
  )?.document
  const document = ahead ?? emptyKeyset('tokens')
  const facts = factsOf(document, ['hosts'])
  expect(advance(document, QUARTERLY, facts, day(200))).toMatchObject({
    kind: 'step',
    step: { kind: 'retire', version: 1 },
  })
})

test.each<[string, Partial<KeysetPolicy>, string[]]>([
  ['a data key stays accepted', { underHold: 'accept' }, ['retiring', 'active']],
  ['a signing key is retired, and nothing becomes of it', { underHold: 'retire' }, ['retired', 'active']],
])('under legal hold %s', (_, changes, states) => {
  const policy: KeysetPolicy = { ...QUARTERLY, ...changes, legalHold: 'case 4711' }
  const document = live(policy, visits([0, 76, 90, 160])).rests.at(-1)?.document
  expect(document?.versions.map(({ state }) => state)).toEqual(states)
  const free = live({ ...policy, ...NO_HOLD }, visits([0, 76, 90, 160])).rests.at(-1)?.document
  expect(free?.versions[0]).toMatchObject({ state: 'retired', fate: { what: 'archived', atMs: day(160) } })
})

test('what came under hold after its end was planned keeps its key', () => {
  const retired = {
    ...inUse().versions[0],
    state: 'retired',
    retiredMs: NOW_MS,
    hold: { sinceMs: NOW_MS, why: 'w' },
  }
  const document = { ...inUse(), versions: [retired] } as KeysetDocument
  expect(afterStep(document, { kind: 'destroy', version: 1 }, { atMs: NOW_MS })).toEqual(document)
})

test('a keyset whose first stamp lies in the future is put in use all the same', () => {
  const document = afterStep(
    emptyKeyset('tokens'),
    { kind: 'make', version: 1, keyKind: 'raw' },
    { atMs: day(9000) },
  )
  expect(told(advance(document, QUARTERLY, factsOf(document), NOW_MS))).toBe(
    'step first-version: version 1 is known, and none is in use',
  )
})

test('a version has the kid that it was made with', () => {
  const step = { kind: 'make', version: 1, keyKind: 'ed25519' } as const
  const kids = [{}, { kid: 'NzbLsXh8uDCcd' }].map((more) =>
    afterStep(emptyKeyset('t'), step, { atMs: 0, ...more }),
  )
  expect(kids.map(({ versions }) => versions[0]?.kid)).toEqual(['v1', 'NzbLsXh8uDCcd'])
})

const NO_HOLD = { legalHold: undefined as never }

function inUse(): KeysetDocument {
  return { ...emptyKeyset('tokens'), versions: [{ ...made(1, 0), state: 'active', activeMs: NOW_MS }] }
}

function published(): KeysetDocument {
  return { ...inUse(), versions: [...inUse().versions, { ...made(2, 76), state: 'next' }] }
}

function made(number: number, days: number) {
  return { number, kind: 'ed25519', kid: `v${number}`, createdMs: day(days) } as const
}

function visits(days: readonly number[]) {
  return days.map((at, index) => ({ afterMs: (at - (days[index - 1] ?? 0)) * DAY_MS, shut: [] }))
}

function told({ kind, reason, message }: Advance): string {
  return `${kind} ${reason}: ${message}`
}
