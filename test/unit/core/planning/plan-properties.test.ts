/** What holds of every plan, over hosts, observations and memories made at random. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReloadTarget } from '../../../../src/core/consumers/target.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { Certificate, Identity, MaterialId } from '../../../../src/core/material.ts'
import type { OwedReload } from '../../../../src/core/memory.ts'
import { makePlan, type Plan } from '../../../../src/core/planning/plan.ts'
import type { Step, StepKind, StepOf } from '../../../../src/core/steps.ts'
import {
  absent,
  certificate,
  config,
  dueFacts,
  facts,
  failure,
  file,
  identity,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'
import { owed, PROBE, podman, systemd } from '../consumer-builders.ts'

const TARGETS = [podman('a'), podman('b'), systemd('c.service'), systemd('d.service')]
const GONE = ['podman:gone', 'exec:/gone']

const FACTS: readonly (() => PairFacts)[] = [
  facts,
  dueFacts,
  noFacts,
  () => facts({ keyMatches: false }),
  () => facts({ chain: { state: 'unkept' } }),
  () => facts({ chain: { state: 'untrusted', why: 'no issuer' } }),
  () =>
    facts({ chain: { state: 'no-anchors', fault: { code: 'config-missing', message: 'none', hint: '' } } }),
  () => facts({ files: [file('key', { mode: 0o644 }), absent(file('fullchain'))] }),
]

interface Scene {
  readonly host: HostConfig
  readonly plan: Plan
  readonly owed: readonly OwedReload[]
  readonly only: ReadonlySet<MaterialId> | undefined
  readonly force: boolean
  readonly again: () => Plan
}

const someTargets: fc.Arbitrary<ReloadTarget[]> = fc.subarray(TARGETS)
const anyProbe = fc.constantFrom({}, { probes: [PROBE] })

const scenes: fc.Arbitrary<Scene> = fc
  .record({ identities: fc.integer({ min: 1, max: 4 }), certificates: fc.nat(6) })
  .chain(({ identities, certificates }) => {
    const count = identities + certificates
    const agents = Array.from({ length: identities }, (_, index) => index)
    return fc.record({
      identities: fc.constant(agents),
      leaves: fc.array(fc.constantFrom(...agents), { minLength: certificates, maxLength: certificates }),
      shuffle: fc.shuffledSubarray(
        Array.from({ length: count }, (_, index) => index),
        { minLength: count },
      ),
      reloads: fc.array(someTargets, { minLength: count, maxLength: count }),
      probes: fc.array(anyProbe, { minLength: count, maxLength: count }),
      seen: fc.array(fc.constantFrom(...FACTS), { minLength: count, maxLength: count }),
      failing: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      debts: fc.array(
        fc.record({
          target: fc.constantFrom(...TARGETS.map(({ text }) => text), ...GONE),
          materials: fc.subarray(Array.from({ length: count }, (_, index) => index)),
          isWaiting: fc.boolean(),
        }),
        { maxLength: 4 },
      ),
      only: fc.option(
        fc.subarray(
          Array.from({ length: count }, (_, index) => index),
          { minLength: 1 },
        ),
        { nil: undefined },
      ),
      force: fc.boolean(),
    })
  })
  .map((drawn) => {
    const made: (Identity | Certificate)[] = [
      ...drawn.identities.map((index) => identity(`i${index}`)),
      ...drawn.leaves.map((agent, index) => certificate(`c${index}`, { identity: `identity/i${agent}` })),
    ]
    const materials = drawn.shuffle.flatMap((index) => {
      const one = made[index]
      return one ? [{ ...one, reload: drawn.reloads[index] ?? [], ...drawn.probes[index] }] : []
    })
    const idOf = (index: number): MaterialId => made[index]?.id ?? 'certificate/renamed'
    const host = config(...materials)
    const debts = drawn.debts.map(({ target, materials, isWaiting }) =>
      owed(target, materials.map(idOf), isWaiting ? { atMs: NOW_MS, retryAtMs: NOW_MS + 1 } : {}),
    )
    const memory = {
      owed: debts,
      materials: Object.fromEntries(
        made.filter((_, index) => drawn.failing[index]).map(({ id }) => [id, { failure: failure() }]),
      ),
    }
    const seen = Object.fromEntries(made.map(({ id }, index) => [id, (drawn.seen[index] ?? facts)()]))
    const only = drawn.only && new Set(drawn.only.map(idOf))
    const options = { force: drawn.force, ...(only ? { only } : {}) }
    const again = () => makePlan(host, observation(host, seen, memory), NOW_MS, options)
    return { host, plan: again(), owed: debts, only, force: drawn.force, again }
  })

holds('the same input makes the same plan', ({ plan, again }) => expect(again()).toEqual(plan))

holds('no target is told twice', ({ plan }) => {
  const targets = stepsOf(plan, 'reload').map(({ target }) => target.text)
  expect(targets).toEqual([...new Set(targets)])
})

holds('what is decided to be renewed is issued, once, and nothing else', ({ plan }) => {
  const renewed = plan.decisions.filter(({ kind }) => kind === 'renew').map(({ material }) => material)
  expect(issued(plan).toSorted()).toEqual(renewed.toSorted())
})

holds('identities come before leaves, down to the switch of their files', ({ plan }) => {
  const lastOfIdentities = plan.steps.findLastIndex((step) => isOf(step, 'identity/'))
  const firstOfLeaves = plan.steps.findIndex((step) => isOf(step, 'certificate/'))
  if (firstOfLeaves >= 0) expect(lastOfIdentities).toBeLessThan(firstOfLeaves)
})

holds('nothing is issued but after the login of its identity', ({ plan, host }) => {
  for (const step of stepsOf(plan, 'issue')) {
    const material = host.materials.find(({ id }) => id === step.material)
    const login = material?.kind === 'certificate' ? material.identity : material?.id
    const at = plan.steps.findIndex((one) => one.kind === 'login' && one.identity === login)
    expect(at).toBeGreaterThanOrEqual(0)
    expect(at).toBeLessThan(plan.steps.indexOf(step))
  }
})

holds('no identity logs in twice, or without need', ({ plan, host }) => {
  const logins = stepsOf(plan, 'login').map((step) => step.identity)
  const needed = host.materials
    .filter(({ id }) => issued(plan).includes(id))
    .map((one) => (one.kind === 'certificate' ? one.identity : one.id))
  expect(logins.toSorted()).toEqual([...new Set(needed)].toSorted())
})

holds('a new identity is proved between being issued and being installed', ({ plan }) => {
  for (const id of issued(plan).filter((one) => one.startsWith('identity/'))) {
    const [issue, prove, install] = (['issue', 'prove', 'install'] as const).map((kind) =>
      placeOf(plan, kind, id),
    )
    expect(prove).toBeGreaterThan(issue ?? Number.NaN)
    expect(install).toBeGreaterThan(prove ?? Number.NaN)
  }
})

holds('everything issued is installed once, afterwards', ({ plan }) => {
  const installed = stepsOf(plan, 'install').flatMap(({ materials }) => materials)
  expect(installed.toSorted()).toEqual(issued(plan).toSorted())
  for (const id of installed) expect(placeOf(plan, 'install', id)).toBeGreaterThan(placeOf(plan, 'issue', id))
})

holds('preflight and health come first whenever Vault is asked for anything, and only then', ({ plan }) => {
  const expected = issued(plan).length > 0 ? ['preflight', 'health'] : []
  const first = plan.steps.filter(({ kind }) => kind === 'preflight' || kind === 'health')
  expect(first.map(({ kind }) => kind)).toEqual(expected)
  expect(plan.steps.slice(0, first.length)).toEqual(first)
})

holds('consumers are told after the last file, clients look after the last consumer', ({ plan }) => {
  const ranks = plan.steps.map(({ kind }) => (kind === 'serve-check' ? 2 : kind === 'reload' ? 1 : 0))
  expect(ranks).toEqual(ranks.toSorted())
})

holds('every consumer of what changes is told', ({ plan, host }) => {
  const told = new Set(stepsOf(plan, 'reload').map(({ target }) => target.text))
  const untold = host.materials
    .filter(({ id }) => issued(plan).includes(id))
    .flatMap(({ reload }) => reload.filter(({ text }) => !told.has(text)))
  expect(untold).toEqual([])
})

holds(
  'every debt of an unselective run is told, settled or held, never two of them',
  ({ plan, owed, only }) => {
    if (only) return
    const told = stepsOf(plan, 'reload').map(({ target }) => target.text)
    const settled = plan.settled.map(({ target }) => target)
    const held = plan.held.map(({ target }) => target)
    for (const { target } of owed)
      expect([told, settled, held].filter((all) => all.includes(target))).toHaveLength(1)
  },
)

holds('who is asked for by name, or now, is not held', ({ plan, only, force }) => {
  if (only || force) expect(plan.held).toEqual([])
})

holds('what is not selected is neither decided nor issued', ({ plan, only }) => {
  if (!only) return
  const touched = [...plan.decisions.map(({ material }) => material), ...issued(plan)]
  expect(touched.filter((id) => !only.has(id))).toEqual([])
})

function holds(name: string, predicate: (scene: Scene) => void): void {
  test(`property: ${name}`, () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        predicate(scene)
      }),
      { numRuns: 200 },
    )
  })
}

function stepsOf<K extends StepKind>({ steps }: Plan, kind: K): StepOf<K>[] {
  return steps.filter((step): step is StepOf<K> => step.kind === kind)
}

function issued(plan: Plan): MaterialId[] {
  return stepsOf(plan, 'issue').map(({ material }) => material)
}

/** Steps that make or place one of these: logins serve both kinds. */
function isOf(step: Step, kind: 'identity/' | 'certificate/'): boolean {
  if (step.kind === 'issue' || step.kind === 'prove') return step.material.startsWith(kind)
  return step.kind === 'install' && step.materials.some((id) => id.startsWith(kind))
}

function placeOf({ steps }: Plan, kind: 'issue' | 'prove' | 'install', id: MaterialId): number {
  return steps.findIndex(
    (step) =>
      step.kind === kind &&
      ('material' in step ? step.material === id : 'materials' in step && step.materials.includes(id)),
  )
}
