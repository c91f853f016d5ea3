import { expect, test } from 'vitest'
import type { MaterialFacts } from '../../../../src/core/facts.ts'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { emptyKeyset, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import { acceptedText } from '../../../../src/core/keysets/knowers.ts'
import { keysetShape } from '../../../../src/core/keysets/shape-of.ts'
import type { Keyset } from '../../../../src/core/material.ts'
import type { KeysetMemory, MaterialMemory, RunMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { statusOf } from '../../../../src/core/status/rungs.ts'
import {
  absent,
  config,
  DAY_MS,
  file,
  HOUR_MS,
  identity,
  keysetFacts,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'
import { podman } from '../consumer-builders.ts'
import { keyset } from '../keyset-builders.ts'

const SHARED = {
  kind: 'shared',
  identity: 'identity/agent',
  kvMount: 'kv',
  path: 'keysets/tokens',
  hosts: [],
} as const
const PROBE = { kind: 'exec', argv: ['/usr/bin/look'], text: 'exec:/usr/bin/look', timeoutMs: 1000 } as const

test('was never read: it is, alone and without a server where it lies on this host', () => {
  expect(plan({ known: undefined }).steps).toEqual(['refresh keyset/tokens'])
  const shared = plan({ known: undefined, changes: { store: SHARED } })
  expect(shared.decision).toMatchObject({ kind: 'refresh', reason: 'look' })
  expect(shared.steps).toEqual(['health', 'login identity/agent', 'refresh keyset/tokens'])
})

test('rests until its next step, and says which one that is', () => {
  const { decision, steps } = plan({})
  expect(steps).toEqual([])
  expect(decision).toMatchObject({
    kind: 'keep',
    message: 'next is to make version 2, at 2026-08-23T12:00:00Z',
    dueAtMs: NOW_MS + 83 * DAY_MS,
  })
})

test('one that is shared is looked at, since others may have gone on', () => {
  const changes = { store: SHARED }
  expect(plan({ changes, agoMs: HOUR_MS / 2 }).decision).toMatchObject({
    kind: 'keep',
    dueAtMs: NOW_MS + HOUR_MS / 2,
  })
  expect(plan({ changes, agoMs: HOUR_MS }).decision).toMatchObject({ kind: 'refresh', reason: 'look' })
})

test('a step of its life is due, and told', () => {
  const { decision } = plan({ atMs: NOW_MS + 83 * DAY_MS })
  expect(decision).toMatchObject({
    kind: 'refresh',
    reason: 'rotation-ahead',
    message: 'make version 2: version 1 is in use until 2026-08-30T12:00:00Z, to be known 7d before',
  })
})

test('a consumer here that was not told yet keeps the next version waiting, and so does a program that has not seen it', () => {
  const document = afterStep(ONE, { kind: 'make', version: 2, keyKind: 'ed25519' }, { atMs: NOW_MS })
  const atMs = NOW_MS + 90 * DAY_MS
  const changes = { reload: [podman('issuer')], probes: [PROBE] }
  const served = {
    outcome: 'served',
    message: '',
    fingerprint: acceptedText(document),
    atMs: NOW_MS,
  } as const
  const owed = [
    {
      target: podman('issuer').text,
      materials: ['keyset/tokens'],
      sinceMs: 0,
      attempts: 0,
      retryAtMs: atMs + 1,
      atMs,
    },
  ] as const
  expect(plan({ document, atMs, changes, served }).decision).toMatchObject({
    kind: 'refresh',
    reason: 'rotation-due',
  })
  const waiting = plan({ document, atMs, changes, served, owed }).decision
  expect(waiting).toMatchObject({ kind: 'hold', reason: 'gate-shut' })
  expect(waiting?.message).toContain('not yet do podman:issuer')
  expect(plan({ document, atMs, changes }).decision?.message).toContain('not yet do exec:/usr/bin/look')
})

test('a file that was changed, or is gone, is made anew from the store', () => {
  expect(plan({ facts: keysetFacts(file('pem', { content: 'stale' })) }).decision).toMatchObject({
    reason: 'changed',
  })
  expect(plan({ facts: keysetFacts(absent(file('pem'))) }).decision).toMatchObject({ reason: 'missing' })
  expect(plan({ facts: keysetFacts(file('pem', { mode: 0o644 })) }).steps).toEqual(['repair keyset/tokens'])
})

test('whose identity cannot log in is held', () => {
  const { decision } = plan({ known: undefined, changes: { store: SHARED }, agent: noFacts() })
  expect(decision).toMatchObject({ kind: 'hold', reason: 'identity-unusable' })
})

test('a program looks once more for what it was not yet seen to know', () => {
  expect(plan({ changes: { probes: [PROBE] } }).steps).toEqual(['serve-check keyset/tokens'])
})

test('the rungs of a keyset', () => {
  expect(rungs({ known: undefined }).issued.state).toBe('unknown')
  expect(rungs({ document: emptyKeyset('tokens') }).issued).toMatchObject({
    state: 'no',
    reason: 'none-in-use',
  })
  const document = afterStep(ONE, { kind: 'make', version: 2, keyKind: 'ed25519' }, { atMs: NOW_MS })
  const served = {
    outcome: 'served',
    message: 'known',
    fingerprint: acceptedText(document),
    atMs: NOW_MS,
  } as const
  expect(rungs({ document, served, changes: { probes: [PROBE] } })).toMatchObject({
    ready: true,
    issued: { state: 'yes', message: 'version 1 in use since 2026-06-01T12:00:00Z, 2 next' },
    served: { state: 'yes' },
  })
  expect(rungs({ served, changes: { probes: [PROBE] } }).served).toMatchObject({
    state: 'unknown',
    message: 'no client has looked for these versions yet',
  })
})

const ONE = ['make', 'activate'].reduce(
  (document, kind) =>
    afterStep(
      document,
      kind === 'make'
        ? { kind: 'make', version: 1, keyKind: 'ed25519' }
        : { kind: 'activate', version: 1, acceptForMs: DAY_MS },
      { atMs: NOW_MS },
    ),
  emptyKeyset('tokens'),
)

interface Case {
  readonly changes?: Partial<Keyset>
  readonly document?: KeysetDocument
  readonly known?: undefined
  readonly agoMs?: number
  readonly atMs?: number
  readonly facts?: MaterialFacts
  readonly agent?: MaterialFacts
  readonly served?: MaterialMemory['served']
  readonly owed?: RunMemory['owed']
}

function seen(one: Case) {
  const material = keyset('tokens', one.changes)
  const atMs = one.atMs ?? NOW_MS
  const known: KeysetMemory = {
    atMs: atMs - (one.agoMs ?? 0),
    document: one.document ?? ONE,
    shape: keysetShape(material),
    stamps: {},
  }
  const memory = 'known' in one ? {} : { keyset: known, ...(one.served ? { served: one.served } : {}) }
  const host = config(identity('agent'), material)
  const facts = {
    ...(one.facts ? { [material.id]: one.facts } : {}),
    ...(one.agent ? { 'identity/agent': one.agent } : {}),
  }
  const found = observation(host, facts, { materials: { [material.id]: memory }, owed: one.owed ?? [] })
  return { host, material, found, atMs }
}

function plan(one: Case) {
  const { host, material, found, atMs } = seen(one)
  const only = new Set([material.id])
  const { decisions, steps } = makePlan(host, found, atMs, { force: false, ...(one.owed ? {} : { only }) })
  return {
    decision: decisions.find((decision) => decision.material === material.id),
    steps: steps.map((step) => {
      if (step.kind === 'health') return 'health'
      return `${step.kind} ${'identity' in step ? step.identity : 'material' in step ? step.material : ''}`
    }),
  }
}

function rungs(one: Case) {
  const { host, material, found, atMs } = seen(one)
  const { decisions } = makePlan(host, found, atMs, { force: false })
  const decision = decisions.find((each) => each.material === material.id)
  const facts = found.materials.get(material.id)
  if (!decision || !facts) throw new Error('nothing was decided')
  return statusOf({ material, facts, memory: found.memory, decision, nowMs: atMs })
}
