import { describe, expect, test } from 'vitest'
import type { ServerMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { describeRetest, needsRetest, onePerRole } from '../../../../src/core/planning/retest.ts'
import {
  certificate,
  config,
  DAY_MS,
  dueFacts,
  HOUR_MS,
  identity,
  NOW_MS,
  observation,
  secret,
} from '../builders.ts'

const HOST = config(identity('agent'), certificate('web'))
const FAULT = { code: 'role-refused', message: 'the role is gone', hint: 'look' } as const
const FAILED = {
  atMs: NOW_MS,
  from: '1.20.4',
  lines: [{ subject: 'identity/agent', check: 'sign', fault: FAULT }],
} as const

describe('a look at the server', () => {
  test.each<[string, ServerMemory | undefined, boolean]>([
    ['never seen', undefined, false],
    ['seen an hour ago', seen(HOUR_MS), false],
    ['seen a day ago', seen(DAY_MS), true],
    ['seen in the future, by a clock that jumped back', seen(-HOUR_MS), true],
    ['seen half an hour ago, and something failed', { ...seen(HOUR_MS / 2), retest: FAILED }, false],
    ['seen an hour ago, and something failed', { ...seen(HOUR_MS), retest: FAILED }, true],
  ])('%s', (_, server, isDue) => {
    const kinds = plan(server).steps.map(({ kind }) => kind)
    expect(kinds).toEqual(isDue ? ['retest'] : [])
  })

  test('comes last in a run that asks the server anyway', () => {
    const kinds = plan(seen(HOUR_MS), { 'certificate/web': dueFacts() }).steps.map(({ kind }) => kind)
    expect(kinds.at(-1)).toBe('retest')
    expect(kinds).toContain('health')
  })

  test('is not for a run that was asked for one material', () => {
    const only = new Set(['certificate/web'] as const)
    const options = { force: true, only }
    const seenHost = observation(HOST, {}, { server: seen(2 * DAY_MS) })
    expect(makePlan(HOST, seenHost, NOW_MS, options).steps.some(({ kind }) => kind === 'retest')).toBe(false)
  })
})

test.each<[string, ServerMemory | undefined, boolean]>([
  ['a server that was never seen', undefined, false],
  ['the same version', seen(DAY_MS), false],
  ['another version', { ...seen(DAY_MS), version: '1.20.4' }, true],
  ['the same version after a test that found something', { ...seen(DAY_MS), retest: FAILED }, true],
])('tested anew: %s', (_, known, expected) => {
  expect(needsRetest(known, '1.21.1')).toBe(expected)
})

test('one material stands for all that are signed under its role with its login', () => {
  const role = (name: string) => ({ issuance: { role: name } })
  const materials = [
    identity('agent', role('agents')),
    certificate('a', role('web')),
    certificate('b', role('web')),
    certificate('c', { ...role('web'), identity: 'identity/other' }),
    certificate('d', role('db')),
  ]
  expect(onePerRole(materials).map(({ id }) => id)).toEqual([
    'identity/agent',
    'certificate/a',
    'certificate/c',
    'certificate/d',
  ])
})

test('a host that has secrets alone beside its identity has them tested too', () => {
  const host = config(identity('agent'), secret('db'))
  const looked = observation(host, {}, { server: seen(DAY_MS) })
  const steps = makePlan(host, looked, NOW_MS, { force: false }).steps
  expect(steps.at(-1)).toMatchObject({ kind: 'retest', materials: ['identity/agent', 'secret/db'] })
})

test('what status says of it', () => {
  const lines = [
    { subject: 'identity/agent', check: 'login' },
    { subject: 'certificate/web', check: 'sign' },
  ] as const
  expect(describeRetest(seen(0))).toEqual([])
  expect(describeRetest({ ...seen(0), retest: { ...FAILED, lines } })).toEqual([
    'server 1.21.1, tested anew at 2026-06-01T12:00:00Z after 1.20.4: 1 login and 1 dry signing work',
  ])
  const read = [...lines, { subject: 'secret/db', check: 'read' } as const]
  expect(describeRetest({ ...seen(0), retest: { ...FAILED, lines: read } })).toEqual([
    expect.stringContaining(': 1 login, 1 dry signing and 1 reading work'),
  ])
  expect(describeRetest({ ...seen(0), retest: FAILED })).toEqual([
    'server 1.21.1, tested anew at 2026-06-01T12:00:00Z after 1.20.4: identity/agent: dry signing: the role is gone',
  ])
})

function seen(agoMs: number): ServerMemory {
  return { version: '1.21.1', atMs: NOW_MS - agoMs }
}

function plan(server: ServerMemory | undefined, facts: Parameters<typeof observation>[1] = {}) {
  const seenHost = observation(HOST, facts, server ? { server } : {})
  return makePlan(HOST, seenHost, NOW_MS, { force: false })
}
