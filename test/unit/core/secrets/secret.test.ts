import { describe, expect, test } from 'vitest'
import { STORED_CHECKS, stampOf } from '../../../../src/core/deciding/stored-files.ts'
import type { FileFacts, PairFacts } from '../../../../src/core/facts.ts'
import type { FailureMemory, SecretMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { shapeOf } from '../../../../src/core/secrets/secret.ts'
import { statusOf } from '../../../../src/core/status/rungs.ts'
import { materialsOf } from '../../../../src/core/steps.ts'
import {
  absent,
  config,
  DAY_MS,
  dueFacts,
  facts,
  failure,
  file,
  HOUR_MS,
  identity,
  NOW_MS,
  noFacts,
  observation,
  secret,
  secretFacts,
} from '../builders.ts'
import { podman } from '../consumer-builders.ts'

const DB = secret('db', { reload: [podman('db')] })
const READ: SecretMemory = {
  atMs: NOW_MS - HOUR_MS / 2,
  version: 4,
  shape: shapeOf(DB),
  stamps: { '/srv/web/env.pem': '1:2:3' },
}

test('the order of the checks', () => {
  expect(STORED_CHECKS.map(({ reason }) => reason)).toEqual([
    'missing',
    'unreadable',
    'changed',
    'layout-drift',
    'form-drift',
    'look',
    'forced',
  ])
})

describe('a secret', () => {
  test('is left alone until it is read again', () => {
    const { decision, steps } = plan({})
    expect(decision).toMatchObject({ kind: 'keep', message: 'current, due in 30m, at 2026-06-01T12:30:00Z' })
    expect(steps).toEqual([])
  })

  test.each<[string, Case, string]>([
    ['was never read', { memory: undefined }, 'look'],
    ['was read long ago', { memory: { ...READ, atMs: NOW_MS - HOUR_MS } }, 'look'],
    ['was read in the future', { memory: { ...READ, atMs: NOW_MS + DAY_MS } }, 'look'],
    ['has lost a file', { files: [absent(file('env'))] }, 'missing'],
    [
      'has a link where a file belongs',
      { files: [{ ...absent(file('env')), state: 'refused', why: 'a link' } as FileFacts] },
      'unreadable',
    ],
    ['was changed by somebody', { files: [file('env', { content: 'stale' })] }, 'changed'],
    ['lies in another layout', { files: [file('env', { place: 'link' })] }, 'layout-drift'],
    ['was written under another configuration', { memory: { ...READ, shape: '{}' } }, 'form-drift'],
    ['is asked for', { force: true }, 'forced'],
  ])('that %s is read, and its consumers are told', (_, seen, reason) => {
    const { decision, steps } = plan(seen)
    expect(decision).toMatchObject({ kind: 'refresh', reason })
    expect(steps).toEqual(['health secret/db', 'login secret/db', 'refresh secret/db', 'reload secret/db'])
  })

  test('is read with the identity that is renewed in the same run, after it', () => {
    const { steps } = plan({ memory: undefined, agent: dueFacts() })
    expect(steps).toEqual([
      'preflight identity/agent',
      'health identity/agent secret/db',
      'login identity/agent secret/db',
      'issue identity/agent',
      'prove identity/agent',
      'install identity/agent',
      'refresh secret/db',
      'reload secret/db',
    ])
  })

  test('waits after a failure; only its mode is mended meanwhile', () => {
    const waiting = { memory: undefined, failed: failure() }
    expect(plan(waiting).decision).toMatchObject({ kind: 'hold', reason: 'backing-off' })
    const { decision, steps } = plan({ ...waiting, files: [file('env', { mode: 0o644 })] })
    expect(decision).toMatchObject({ kind: 'repair', repairs: [{ how: 'attributes' }] })
    expect(steps).toEqual(['repair secret/db'])
  })

  test('does not wait any longer once its identity has another certificate', () => {
    const failed = failure({ code: 'login-refused', atMs: NOW_MS - 1000 })
    expect(plan({ memory: undefined, failed }).decision?.kind).toBe('hold')
    expect(plan({ memory: undefined, failed, issuedAtMs: NOW_MS }).decision?.kind).toBe('refresh')
  })

  test('whose identity cannot log in is held', () => {
    const { decision } = plan({ memory: undefined, agent: noFacts() })
    expect(decision).toMatchObject({ kind: 'hold', reason: 'identity-unusable', fault: 'identity-unusable' })
  })

  test('whose mode alone drifted is mended without a reading', () => {
    expect(plan({ files: [file('env', { mode: 0o644 })] }).steps).toEqual(['repair secret/db'])
  })
})

test('the rungs of a secret', () => {
  const read = rungs({})
  expect(read).toMatchObject({
    ready: true,
    issued: { state: 'yes', message: 'version 4, read at 2026-06-01T11:30:00Z' },
    loaded: { state: 'yes' },
    served: { state: 'off' },
  })
  expect(rungs({ memory: undefined }).issued.state).toBe('unknown')
  expect(rungs({ files: [file('env', { content: 'stale' })] }).installed).toMatchObject({
    state: 'no',
    message: '/srv/web/env.pem: it was changed since keyroller wrote it',
  })
})

test('a stamp tells writings apart, by nothing that is in them', () => {
  const [a, b] = [Buffer.from('one'), Buffer.from('two')]
  expect(stampOf({ inode: 7, mtimeMs: 1.5, content: a })).toBe('7:3:1.5')
  expect(stampOf({ inode: 7, mtimeMs: 1.5, content: b })).toBe('7:3:1.5')
  expect(stampOf({ inode: 7, mtimeMs: 2.5, content: a })).toBe('7:3:2.5')
})

interface Case {
  readonly memory?: SecretMemory | undefined
  readonly files?: readonly FileFacts[]
  readonly agent?: PairFacts
  readonly failed?: FailureMemory
  readonly issuedAtMs?: number
  readonly force?: boolean
}

function look({ files = [], agent = facts(), failed, issuedAtMs, force = false, ...rest }: Case) {
  const host = config(identity('agent'), DB)
  const memory = 'memory' in rest ? rest.memory : READ
  const known = { ...(memory ? { secret: memory } : {}), ...(failed ? { failure: failed } : {}) }
  const issued = { serial: '1', fingerprint: 'f', notAfterMs: NOW_MS + DAY_MS, atMs: issuedAtMs ?? 0 }
  const seen = observation(
    host,
    { 'identity/agent': agent, 'secret/db': secretFacts(...files) },
    {
      materials: {
        'secret/db': known,
        ...(issuedAtMs === undefined ? {} : { 'identity/agent': { issued } }),
      },
    },
  )
  return {
    seen,
    plan: makePlan(host, seen, NOW_MS, force ? { force, only: new Set(['secret/db']) } : { force }),
  }
}

function plan(seen: Case) {
  const { decisions, steps } = look(seen).plan
  return {
    decision: decisions.find(({ material }) => material === 'secret/db'),
    steps: steps.map((step) => [step.kind, ...materialsOf(step)].join(' ')),
  }
}

function rungs(given: Case) {
  const { seen, plan } = look(given)
  const decision = plan.decisions.find(({ material }) => material === 'secret/db')
  const found = seen.materials.get('secret/db')
  if (!decision || !found) throw new Error('no decision')
  return statusOf({ material: DB, facts: found, memory: seen.memory, decision, nowMs: NOW_MS })
}
