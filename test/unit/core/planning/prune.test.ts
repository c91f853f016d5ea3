import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MaterialFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { KeptSet } from '../../../../src/core/kept-set.ts'
import type { Material, MaterialId } from '../../../../src/core/material.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import {
  absent,
  certificate,
  config,
  DAY_MS,
  dueFacts,
  facts,
  file,
  HOUR_MS,
  identity,
  leaf,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'
import { kept, keptUnread } from '../kept-builders.ts'

const GRACE_MS = 7 * DAY_MS
const OLD = { keptAtMs: NOW_MS - GRACE_MS }
const AGENT = identity('agent')

test('within keep and grace nothing is removed, and the run has nothing to do', () => {
  const sets = [kept(), keptUnread(), kept({ material: 'identity/gone', keptAtMs: NOW_MS + DAY_MS })]
  expect(plan(sets).steps).toEqual([])
})

test('what is past its grace goes, whatever it was, also of what is configured no longer', () => {
  const sets = [kept(OLD), keptUnread(OLD), kept({ ...OLD, material: 'identity/gone' })]
  expect(plan(sets).steps).toEqual([
    {
      kind: 'prune',
      materials: ['certificate/web', 'identity/gone'],
      sets,
      message:
        'remove what was kept of certificate/web (serial 4a10, replaced 7d ago), certificate/web (replaced 7d ago), ' +
        'identity/gone (serial 4a10, replaced 7d ago)',
    },
  ])
})

test('of earlier certificates the newest stay', () => {
  const [a, b, c] = [1, 3, 2].map((hours) =>
    kept({ serial: `0${hours}`, keptAtMs: NOW_MS - hours * HOUR_MS }),
  )
  expect(pruned([a, b, c] as KeptSet[], { keep: 2 })).toEqual([b])
  expect(plan([a, b, c] as KeptSet[], { keep: 2 }).steps[0]?.message).toBe(
    'remove what was kept of certificate/web (serial 03, more than 2 kept)',
  )
})

test('foreign edits of what is installed, and unreadable files, push out no earlier certificate', () => {
  const edits = [1, 2, 3].map((minutes) =>
    kept({ serial: leaf().serial, keptAtMs: NOW_MS - minutes * 60_000 }),
  )
  expect(pruned([kept(), keptUnread(), ...edits])).toEqual([keptUnread(), ...edits.slice(1)])
})

test('while a lost certificate cannot be replaced, what is too many stays: it may be the copy of it', () => {
  const sets = [kept({ serial: leaf().serial, keptAtMs: NOW_MS - HOUR_MS }), kept()]
  const host = config(AGENT, certificate('web'))
  const lost = { 'certificate/web': noFacts(), 'identity/agent': noFacts() }
  const { decisions, steps } = makePlan(host, observation(host, lost, {}, sets), NOW_MS, { force: false })
  expect(decisions.map(({ kind }) => kind)).toEqual(['hold', 'hold'])
  expect(setsOf(steps)).toEqual([])
})

test('keep 0, and a material that is ephemeral now: nothing stays', () => {
  expect(pruned([kept(), keptUnread()], { keep: 0 })).toHaveLength(2)
  expect(pruned([kept()], { material: { ephemeral: true } })).toHaveLength(1)
})

describe('what the run itself will keep is counted', () => {
  const edit = kept({ serial: leaf().serial, keptAtMs: NOW_MS - 1 })

  test('a renewal keeps the certificate it replaces, and makes edits of it earlier ones', () => {
    expect(pruned([kept(), edit], { seen: dueFacts() })).toEqual([kept(), edit])
    expect(pruned([kept(), edit], { seen: dueFacts(), keep: 2 })).toEqual([kept()])
  })

  test('a renewal that replaces nothing keeps nothing', () => {
    expect(pruned([kept()], { seen: noFacts() })).toEqual([])
  })

  test('a renewal of files without a readable certificate', () => {
    const seen = facts({ leaf: { state: 'malformed' } })
    expect(pruned([kept(), keptUnread()], { seen })).toEqual([keptUnread()])
  })

  test('a renewal because the key is lost, or is that of another certificate, pushes out no earlier one', () => {
    const lost = facts({ key: { state: 'missing' } })
    const { keyMatches: _, ...seen } = lost
    expect(pruned([kept(), keptUnread()], { seen })).toEqual([keptUnread()])
    expect(pruned([kept(), keptUnread()], { seen: facts({ keyMatches: false }) })).toEqual([keptUnread()])
  })

  test('a repair keeps an edit; one of a lost file or of a mode keeps nothing', () => {
    const files = (one: 'stale' | 'mode' | 'lost') => [
      one === 'stale'
        ? file('key', { content: 'stale' })
        : file('key', one === 'mode' ? { mode: 0o644 } : {}),
      one === 'lost' ? absent(file('fullchain')) : file('fullchain'),
    ]
    expect(pruned([kept(), edit], { seen: facts({ files: files('stale') }) })).toEqual([edit])
    expect(pruned([kept(), edit], { seen: facts({ files: files('mode') }) })).toEqual([])
    expect(pruned([kept(), edit], { seen: facts({ files: files('lost') }) })).toEqual([])
  })
})

test('what is not selected is left alone', () => {
  const host = config(AGENT, certificate('web'))
  const sets = [kept(OLD), kept({ ...OLD, material: 'identity/agent' })]
  const only = new Set<MaterialId>(['identity/agent'])
  const { steps } = makePlan(host, observation(host, {}, {}, sets), NOW_MS, { force: false, only })
  expect(setsOf(steps)).toEqual([sets[1]])
})

const someSets = fc.array(
  fc
    .record({
      material: fc.constantFrom<MaterialId>('certificate/web', 'identity/agent', 'identity/gone'),
      keptAtMs: fc.integer({ min: NOW_MS - 9 * DAY_MS, max: NOW_MS + DAY_MS }),
      serial: fc.option(fc.constantFrom('01', '02', '03', leaf().serial), { nil: undefined }),
    })
    .map(({ serial, ...set }) => (serial === undefined ? keptUnread(set) : kept({ ...set, serial }))),
  { maxLength: 12 },
)

test('property: never more than keep of a kind stay, nothing goes before its grace unless beyond keep', () => {
  fc.assert(
    fc.property(someSets, fc.nat(3), fc.constantFrom(facts, dueFacts, noFacts), (sets, keep, seen) => {
      const options = { keep, seen: seen() }
      const gone = new Set(pruned(sets, options))
      const installed = seen === facts ? leaf().serial : undefined
      for (const [id, own] of Map.groupBy(sets, ({ material }) => material)) {
        const kinds = Map.groupBy(
          own,
          ({ certificate: one }) => one !== undefined && one.serial !== installed,
        )
        for (const all of id === 'certificate/web' ? kinds.values() : []) {
          const young = all.filter(({ keptAtMs }) => NOW_MS - keptAtMs < GRACE_MS)
          const stay = all.filter((set) => !gone.has(set))
          expect(stay.length).toBeLessThanOrEqual(keep)
          expect(stay.length).toBeGreaterThanOrEqual(Math.min(young.length, Math.max(0, keep - 1)))
          const oldestThatStays = Math.min(...stay.map(({ keptAtMs }) => keptAtMs))
          for (const set of young.filter((one) => gone.has(one)))
            expect(set.keptAtMs).toBeLessThanOrEqual(oldestThatStays)
        }
        for (const set of own) if (NOW_MS - set.keptAtMs >= GRACE_MS) expect(gone.has(set)).toBe(true)
        if (id === 'identity/gone')
          for (const set of own) expect(gone.has(set)).toBe(NOW_MS - set.keptAtMs >= GRACE_MS)
      }
    }),
    { numRuns: 1000 },
  )
})

interface Options {
  readonly keep?: number
  readonly seen?: MaterialFacts
  readonly material?: Partial<Pick<Material, 'ephemeral'>>
}

function plan(sets: readonly KeptSet[], { keep = 1, seen = facts(), material = {} }: Options = {}) {
  const host: HostConfig = {
    ...config(AGENT, certificate('web', material)),
    previous: { keep, graceMs: GRACE_MS, shred: true, revoke: 'no' },
  }
  return makePlan(host, observation(host, { 'certificate/web': seen }, {}, sets), NOW_MS, { force: false })
}

function pruned(sets: readonly KeptSet[], options: Options = {}): readonly KeptSet[] {
  return setsOf(plan(sets, options).steps)
}

function setsOf(steps: ReturnType<typeof plan>['steps']): readonly KeptSet[] {
  return steps.flatMap((step) => (step.kind === 'prune' ? step.sets : []))
}
