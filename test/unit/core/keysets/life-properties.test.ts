/** What holds of every keyset, over policies, clocks, gates, leaks and holds made at random. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advance } from '../../../../src/core/keysets/advance.ts'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import {
  isKeysetDocument,
  KEY_STATES,
  type KeysetDocument,
  type KeyVersion,
  versionIn,
} from '../../../../src/core/keysets/document.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import {
  anyLeak,
  factsOf,
  GATES,
  type Gate,
  jumping,
  type Life,
  live,
  policies,
  type Run,
  runsOf,
  type Taken,
} from './life.ts'

const wild = runsOf({ afterMs: jumping, leak: anyLeak, hold: fc.nat(4) })

holds('from the first activation on exactly one version is active', wild, ({ taken }) => {
  const first = taken.findIndex(({ after }) => versionIn(after, 'active'))
  const counts = taken.slice(first < 0 ? taken.length : first).map(({ after }) => countOf(after, 'active'))
  expect(counts.filter((count) => count !== 1)).toEqual([])
})

holds('and one at most is next', wild, ({ taken }) => {
  expect(taken.filter(({ after }) => countOf(after, 'next') > 1)).toEqual([])
})

holds('what the active version signs is accepted for as long as was said', runsOf(), ({ rests }, policy) => {
  for (const [index, { nowMs, document }] of rests.entries()) {
    const signer = versionIn(document, 'active')
    const within = rests.slice(index).filter((later) => later.nowMs < nowMs + policy.acceptForMs)
    for (const later of signer ? within : [])
      expect(['active', 'retiring']).toContain(find(later.document, signer?.number)?.state)
  }
})

holds('also what it signs in its last moment', runsOf({ afterMs: jumping }), ({ rests }, policy) => {
  for (const version of rests.at(-1)?.document.versions ?? []) {
    if (version.state !== 'retired' || version.retiringMs === undefined) continue
    expect(version.retiredMs - version.retiringMs).toBeGreaterThanOrEqual(policy.acceptForMs)
  }
})

holds('nothing is in use before it was known for as long as was said', wild, ({ taken }, policy) => {
  for (const { before, after, nowMs, isLeak } of taken) {
    const [was, is] = [versionIn(before, 'active'), versionIn(after, 'active')]
    if (!was || !is || is.number === was.number || isLeak) continue
    expect(nowMs - is.createdMs).toBeGreaterThanOrEqual(policy.publishAheadMs)
    expect(nowMs - was.activeMs).toBeGreaterThanOrEqual(policy.rotateEveryMs)
  }
})

holds('no version leaves the document, and none comes back from where it went', wild, ({ taken }) => {
  for (const { before, after } of taken) {
    const steps = before.versions.map((one) => [rankOf(one), rankOf(find(after, one.number))])
    expect(steps.filter(([was = 0, is = -1]) => is < was)).toEqual([])
  }
})

holds('a version under hold keeps its key', wild, ({ taken }) => {
  expect(taken.filter(isEnd).filter(({ before, step }) => find(before, step.version)?.hold)).toEqual([])
})

holds('and stays accepted where the policy says so', wild, ({ taken }, { underHold }) => {
  const cutoffs = taken.filter(
    ({ step, before }) => step.kind === 'retire' && find(before, step.version)?.hold,
  )
  if (underHold === 'accept') expect(cutoffs).toEqual([])
})

test('property: under a hold on all of them no key is lost, whatever happens', () => {
  fc.assert(
    fc.property(policies, wild, (policy, runs) => {
      const { taken } = live({ ...policy, legalHold: 'case 4711' }, runs)
      expect(taken.filter(isEnd)).toEqual([])
    }),
    { numRuns: 100 },
  )
})

holds('while a gate is shut nothing takes over from what is in use', closed(), ({ taken }) => {
  const activated = taken.filter(({ step }) => step.kind === 'activate')
  expect(activated.filter(({ before }) => versionIn(before, 'active'))).toEqual([])
})

holds(
  'without a control plane not even the first version is put in use',
  closed('control-plane'),
  ({ rests }) => {
    const held = { kind: 'hold', reason: 'control-plane', step: { kind: 'activate', version: 1 } }
    for (const { last } of rests) expect(last).toMatchObject(held)
  },
)

test('property: of shut gates each is named, and the first is the reason', () => {
  fc.assert(
    fc.property(policies, closed(), (policy, runs) => {
      for (const [index, { last, document, nowMs }] of live(policy, runs).rests.entries()) {
        if (!isTakeoverDue(document, policy, nowMs)) continue
        const shut = GATES.filter((gate) => runs[index]?.shut.includes(gate))
        if (last.kind !== 'hold') expect.fail(`expected a hold, found ${last.message}`)
        expect(last.gates.map(({ gate }) => gate)).toEqual(shut)
        expect(last.reason).toBe(shut[0])
        for (const { message } of last.gates) expect(last.message).toContain(message)
      }
    }),
    { numRuns: 100 },
  )
})

holds('a step taken twice is taken once', wild, ({ taken }) => {
  for (const { step, after, nowMs } of taken)
    expect(afterStep(after, step, { atMs: nowMs + 1 })).toEqual(after)
})

holds('each step changes something, and no more than one does at a time', wild, ({ taken }) => {
  for (const { before, after, step } of taken) {
    const touched = after.versions.filter(
      (one) => find(before, one.number) !== one && !same(find(before, one.number), one),
    )
    expect(touched.map(({ number }) => number)).toContain(step.version)
    const others = touched.filter(({ number }) => number !== step.version).map(({ state }) => state)
    const isRotation = step.kind === 'activate' || step.kind === 'replace'
    expect(others.filter((state) => !isRotation || (state !== 'retiring' && state !== 'retired'))).toEqual([])
  }
})

holds('at rest it stays at rest, until the moment that was said', wild, ({ rests }, policy) => {
  for (const { document, last, nowMs } of rests) {
    const facts = factsOf(document)
    const again = advance(document, policy, facts, nowMs)
    if (last.kind === 'wait') expect(again).toEqual(last)
    if (again.kind !== 'wait') continue
    const { nextAtMs = Number.NaN } = again
    expect(nextAtMs).toBeGreaterThan(nowMs)
    expect(advance(document, policy, facts, nextAtMs - 1).kind).toBe('wait')
    expect(advance(document, policy, facts, nextAtMs).kind).toBe('step')
  }
})

holds('every document is read back as it was written', wild, ({ taken }) => {
  expect(taken.filter(({ after }) => !isKeysetDocument(JSON.parse(JSON.stringify(after))))).toEqual([])
})

test('the lives drawn are long enough to see every step, with and without holds', () => {
  const drawn = fc.sample(fc.tuple(policies, wild), { numRuns: 50, seed: 1 })
  const lives = drawn.map(([policy, runs]) => live(policy, runs))
  const kinds = new Set(lives.flatMap(({ taken }) => taken.map(({ step }) => step.kind)))
  expect([...kinds].sort()).toEqual(['activate', 'archive', 'destroy', 'make', 'replace', 'retire'])
  const held = lives.flatMap(({ rests }) => rests.at(-1)?.document.versions.filter(({ hold }) => hold) ?? [])
  expect(new Set(held.map(({ state }) => state))).toEqual(new Set(KEY_STATES))
})

function holds(
  name: string,
  runs: fc.Arbitrary<Run[]>,
  predicate: (life: Life, policy: KeysetPolicy) => void,
): void {
  test(`property: ${name}`, () => {
    fc.assert(
      fc.property(policies, runs, (policy, some) => predicate(live(policy, some), policy)),
      { numRuns: 150 },
    )
  })
}

/** Runs at which at least one gate is shut, not always the same but for those that are said. */
function closed(...always: Gate[]): fc.Arbitrary<Run[]> {
  const some = fc.subarray([...GATES], { minLength: 1 })
  return runsOf({ afterMs: jumping, shut: some.map((shut) => [...always, ...shut]) })
}

/** By the stamps alone. */
function isTakeoverDue(document: KeysetDocument, policy: KeysetPolicy, nowMs: number): boolean {
  const [next, active] = [versionIn(document, 'next'), versionIn(document, 'active')]
  if (!next || !active) return false
  return nowMs >= next.createdMs + policy.publishAheadMs && nowMs >= active.activeMs + policy.rotateEveryMs
}

function isEnd({ step }: Taken): boolean {
  return step.kind === 'archive' || step.kind === 'destroy'
}

function find({ versions }: KeysetDocument, number: number | undefined): KeyVersion | undefined {
  return versions.find((one) => one.number === number)
}

function countOf({ versions }: KeysetDocument, state: KeyVersion['state']): number {
  return versions.filter((one) => one.state === state).length
}

/** How far a version has come; what became of its key is the last of it. */
function rankOf(version: KeyVersion | undefined): number {
  if (!version) return -1
  return KEY_STATES.indexOf(version.state) + (version.state === 'retired' && version.fate ? 1 : 0)
}

function same(a: KeyVersion | undefined, b: KeyVersion): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
