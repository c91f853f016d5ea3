/** A person's order decides before everything that is due, and what it left begun is gone on with. */
import { expect, test } from 'vitest'
import type { PlanOptions } from '../../../../src/core/deciding/decision.ts'
import { keysetShape } from '../../../../src/core/keysets/shape-of.ts'
import type { Keyset } from '../../../../src/core/material.ts'
import type { KeysetMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { config, identity, NOW_MS, noFacts, observation } from '../builders.ts'
import { keyset } from '../keyset-builders.ts'
import { active, of, retiring } from '../keysets/versions.ts'

const SHARED = {
  kind: 'shared',
  identity: 'identity/agent',
  kvMount: 'kv',
  path: 'keysets/tokens',
  hosts: [],
} as const
const RETIRE = { material: 'keyset/tokens', order: { kind: 'retire', version: 1 }, isAgreed: true } as const

test('with the login of a shared keyset, in front of the look that goes on from it', () => {
  const { decision, steps } = plan({ order: RETIRE }, { store: SHARED })
  expect(decision).toMatchObject({
    kind: 'refresh',
    reason: 'ordered',
    message: 'retire version 1: version 1 is accepted no more',
  })
  expect(steps.map(({ kind }) => kind)).toEqual(['health', 'login', 'order', 'refresh'])
  expect(steps[2]).toMatchObject({ order: RETIRE.order, isAgreed: true })
})

test('one for another keyset is none for this', () => {
  const { decision } = plan({ order: { ...RETIRE, material: 'keyset/other' } })
  expect(decision?.kind).toBe('keep')
})

test('one that was never looked at is asked all the same', () => {
  expect(plan({ order: RETIRE }, {}, null).decision?.message).toBe('retire version 1: never looked at')
})

test('held while its identity cannot log in', () => {
  const { decision } = plan({ order: RETIRE }, { store: SHARED }, {}, true)
  expect(decision).toMatchObject({ kind: 'hold', reason: 'identity-unusable' })
})

test('what was begun is looked at, though nothing else is due', () => {
  expect(plan({}, {}, { orderedMs: NOW_MS }).decision).toMatchObject({
    kind: 'refresh',
    reason: 'order-begun',
    message: 'an order of 2026-06-01T12:00:00Z was begun, and what came of it is not installed yet',
  })
})

function plan(
  options: Partial<PlanOptions>,
  changes: Partial<Keyset> = {},
  known: Partial<KeysetMemory> | null = {},
  isOut = false,
) {
  const material = keyset('tokens', changes)
  const seen: KeysetMemory = {
    ...{ atMs: NOW_MS, document: of(retiring(1), active(2, 5)), shape: keysetShape(material), stamps: {} },
    ...known,
  }
  const host = config(identity('agent'), material)
  const facts = isOut ? { 'identity/agent': noFacts() } : {}
  const memory = { materials: { [material.id]: known ? { keyset: seen } : {} } }
  const only = new Set([material.id])
  const { decisions, steps } = makePlan(host, observation(host, facts, memory), NOW_MS, {
    ...{ force: false, only },
    ...options,
  })
  return { decision: decisions.find((one) => one.material === material.id), steps }
}
