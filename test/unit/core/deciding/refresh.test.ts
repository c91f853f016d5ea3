import { describe, expect, test } from 'vitest'
import { REFRESH_CHECKS } from '../../../../src/core/deciding/refresh.ts'
import type { BundleFacts, MaterialFacts } from '../../../../src/core/facts.ts'
import type { MaterialId } from '../../../../src/core/material.ts'
import type { BundleMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { materialsOf } from '../../../../src/core/steps.ts'
import {
  authority,
  bundle,
  bundleFacts,
  certificate,
  config,
  DAY_MS,
  dueFacts,
  facts,
  failure,
  file,
  HOUR_MS,
  identity,
  NOW_MS,
  observation,
} from '../builders.ts'
import { podman } from '../consumer-builders.ts'

const MOUNT = bundle('site', { reload: [podman('proxy')] })
const FILE = bundle('site', { source: { kind: 'file', path: '/etc/site.pem' } })
const LOOKED: BundleMemory = { atMs: NOW_MS - HOUR_MS, authorities: ['ca', 'root'], keepUntil: {} }

test('the order of the checks', () => {
  expect(REFRESH_CHECKS.map(({ reason }) => reason)).toEqual([
    'missing',
    'unreadable',
    'malformed',
    'source-drift',
    'changed',
    'look',
    'forced',
  ])
})

describe('a mount', () => {
  test('is left alone until its next look', () => {
    expect(plan({}).steps).toEqual([])
    expect(plan({}).decision).toMatchObject({
      kind: 'keep',
      message: 'current, due in 23h, at 2026-06-02T11:00:00Z',
    })
  })

  test.each<[string, Partial<BundleFacts>, BundleMemory | undefined, string]>([
    ['was never looked at', {}, undefined, 'look'],
    ['was looked at long ago', {}, { ...LOOKED, atMs: NOW_MS - DAY_MS }, 'look'],
    ['was looked at in the future', {}, { ...LOOKED, atMs: NOW_MS + DAY_MS }, 'look'],
    ['has lost its file', { installed: { state: 'missing' } }, LOOKED, 'missing'],
    [
      'has other authorities',
      { installed: { state: 'read', authorities: [authority('x')] } },
      LOOKED,
      'changed',
    ],
  ])('%s', (_, seen, memory, reason) => {
    const { decision, steps } = plan({ seen, memory })
    expect(decision).toMatchObject({ kind: 'refresh', reason })
    expect(steps).toEqual([
      'preflight bundle/site',
      'health bundle/site',
      'refresh bundle/site',
      'reload bundle/site',
    ])
  })

  test('is looked at before it signs anything', () => {
    const { decision, steps } = plan({ leaf: dueFacts() })
    expect(decision).toMatchObject({ kind: 'refresh', reason: 'before-renewal' })
    expect(steps.slice(0, 5)).toEqual([
      'preflight bundle/site certificate/web',
      'health bundle/site certificate/web',
      'refresh bundle/site',
      'login certificate/web',
      'issue certificate/web',
    ])
  })

  test('is looked at too before a run that was asked for one certificate, and tells whom it concerns', () => {
    const only = new Set(['certificate/web'] as const)
    const { decision, steps } = plan({ leaf: dueFacts(), only })
    expect(decision).toMatchObject({ kind: 'refresh', reason: 'before-renewal' })
    expect(steps).toContain('refresh bundle/site')
    expect(steps).toContain('reload bundle/site')
    expect(plan({ only }).decision).toBeUndefined()
    expect(plan({ leaf: dueFacts(), only, failed: true, memory: undefined }).decision).toBeUndefined()
    const other = bundle('site', { source: { kind: 'mount', pkiMount: 'other', trustFile: '/r.pem' } })
    expect(plan({ leaf: dueFacts(), only, site: other }).decision).toBeUndefined()
  })

  test('whose look may find nothing new does not announce that anybody is told', () => {
    const { messages } = plan({ memory: undefined })
    expect(messages.at(-1)).toBe('tell podman:proxy if it changed')
  })

  test('waits after a failure, with the file as it was', () => {
    const { decision, steps } = plan({ failed: true, memory: undefined })
    expect(decision).toMatchObject({ kind: 'hold', reason: 'backing-off', fault: 'vault-unreachable' })
    expect(steps).toEqual([])
  })

  test('whose file only drifted is mended without a look', () => {
    const { decision } = plan({ seen: { files: [file('ca', { mode: 0o600 })] } })
    expect(decision).toMatchObject({ kind: 'repair', reason: 'file-drift' })
  })

  test('whose trust file cannot be used is held', () => {
    const unusable = { code: 'config-missing', message: 'none', hint: '' } as const
    expect(plan({ seen: { unusable } }).decision).toMatchObject({ kind: 'hold', reason: 'no-anchors' })
  })
})

describe('a file', () => {
  const given = [authority('ca'), authority('root')]

  test('is compared without the network', () => {
    expect(plan({ site: FILE, seen: { given } }).decision?.kind).toBe('keep')
    const { decision, steps } = plan({ site: FILE, seen: { given: [...given, authority('new')] } })
    expect(decision).toMatchObject({
      reason: 'source-drift',
      message: '/etc/site.pem: adds new (new)',
    })
    expect(steps).toEqual(['preflight bundle/site', 'refresh bundle/site'])
  })

  test('keeps what a certificate here needs, now or remembered', () => {
    const [, root] = given
    const seen = { given: root ? [root] : [] }
    expect(plan({ site: FILE, seen }).decision?.message).toBe('/etc/site.pem: drops ca (ca)')
    const neededUntil = { ca: NOW_MS + DAY_MS }
    expect(plan({ site: FILE, seen: { ...seen, neededUntil } }).decision?.kind).toBe('keep')
    const memory = { ...LOOKED, keepUntil: neededUntil }
    expect(plan({ site: FILE, seen, memory }).decision?.kind).toBe('keep')
  })
})

interface Case {
  readonly site?: typeof MOUNT
  readonly seen?: Partial<BundleFacts>
  readonly memory?: BundleMemory | undefined
  readonly leaf?: MaterialFacts
  readonly failed?: boolean
  readonly only?: ReadonlySet<MaterialId>
}

function plan({ site = MOUNT, seen, leaf = facts(), failed, only, ...rest }: Case) {
  const memory = 'memory' in rest ? rest.memory : LOOKED
  const host = config(identity('agent'), certificate('web'), site)
  const known = { ...(memory ? { bundle: memory } : {}), ...(failed ? { failure: failure() } : {}) }
  const all: Record<MaterialId, MaterialFacts> = { 'certificate/web': leaf, 'bundle/site': bundleFacts(seen) }
  const looked = observation(host, all, { materials: { 'bundle/site': known } })
  const { decisions, steps } = makePlan(host, looked, NOW_MS, { force: false, ...(only ? { only } : {}) })
  return {
    decision: decisions.find(({ material }) => material === 'bundle/site'),
    messages: steps.map(({ message }) => message),
    steps: steps.map((step) => `${step.kind} ${materialsOf(step).join(' ')}`),
  }
}
