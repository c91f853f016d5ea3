import { describe, expect, test } from 'vitest'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { ReadableSet } from '../../../../src/core/kept-set.ts'
import type { Paired } from '../../../../src/core/material.ts'
import type { RunMemory } from '../../../../src/core/memory.ts'
import { planRollback } from '../../../../src/core/planning/rollback.ts'
import { materialsOf } from '../../../../src/core/steps.ts'
import { certificate, config, DAY_MS, HOUR_MS, identity, leaf, NOW_MS, observation } from '../builders.ts'
import { owed, PROBE, podman, systemd } from '../consumer-builders.ts'
import { kept, keptUnread } from '../kept-builders.ts'

const WEB = certificate('web', { reload: [podman('proxy')], probes: [PROBE] })
const AGENT = identity('agent', { reload: [systemd('agent.service')] })
const HOST = config(AGENT, WEB, certificate('api', { reload: [podman('proxy')] }))
const OWN = { 'certificate/web': { issued: { ...leaf(), atMs: NOW_MS } } } as const

test('a certificate: preflight, install, whom it concerns; nothing is asked of Vault', () => {
  expect(outline(plan(WEB))).toEqual([
    'preflight certificate/web',
    'install certificate/web',
    'reload certificate/web',
    'serve-check certificate/web',
  ])
})

test('an identity logs in with what was kept before it is switched', () => {
  expect(outline(plan(AGENT))).toEqual([
    'preflight identity/agent',
    'health identity/agent',
    'prove identity/agent',
    'install identity/agent',
    'reload identity/agent',
  ])
})

test('what is owed to its consumer is told along', () => {
  const { steps } = plan(WEB, { memory: { owed: [owed('podman:proxy', ['certificate/api'])] } })
  expect(steps.filter(({ kind }) => kind === 'reload')).toMatchObject([
    { materials: ['certificate/web'], message: 'tell podman:proxy' },
  ])
})

test('one decision, which says what is installed again and until when it stays', () => {
  expect(plan(WEB).decisions).toEqual([
    {
      kind: 'restore',
      material: 'certificate/web',
      reason: 'rollback',
      serial: '4a10',
      message:
        'serial 4a10 until 2026-06-15T12:00:00Z, replaced at 2026-06-01T11:00:00Z; ' +
        'stays until 2026-06-12T12:00:00Z or keyroller renew --now',
    },
  ])
})

test('a late renewal of its own stays late', () => {
  const late = certificate('web', { renewAt: { kind: 'remaining', ms: DAY_MS } })
  expect(plan(late).decisions[0]?.message).toContain('stays until 2026-06-14T12:00:00Z')
})

test('at the end of its life it says that it will not stay', () => {
  const set = lasting(HOUR_MS)
  expect(plan(WEB, { set }).decisions[0]?.message).toContain(
    'is in the last tenth of its life, so the next run renews it',
  )
})

describe('what it replaces', () => {
  const EDIT = kept({ serial: leaf().serial })
  const TOO_MANY = [kept(), EDIT, keptUnread({ keptAtMs: NOW_MS })]

  test('is said when it is not known to be of keyroller', () => {
    expect(installMessage({ memory: {} })).toBe(
      "install certificate/web as it was kept; replaces 2 files not known to be keyroller's, kept for 7d",
    )
    expect(installMessage({})).toBe('install certificate/web as it was kept')
  })

  test('is said to be moved where the layout is another since', () => {
    const { steps } = plan({ ...WEB, layout: 'generation' })
    expect(steps.find(({ kind }) => kind === 'install')?.message).toBe(
      'install certificate/web as it was kept; moves the files of certificate/web into a generation',
    )
  })

  test('is counted with what is kept already', () => {
    expect(plan(WEB, { sets: TOO_MANY }).steps.at(-1)).toMatchObject({ kind: 'prune', sets: [kept(), EDIT] })
  })

  test('is left to the next run where it is to be revoked first', () => {
    expect(plan(WEB, { sets: TOO_MANY, revoke: 'any' }).steps.some(({ kind }) => kind === 'prune')).toBe(
      false,
    )
  })
})

interface Case {
  readonly set?: ReadableSet
  readonly sets?: readonly ReturnType<typeof kept>[]
  readonly memory?: Partial<RunMemory>
  readonly revoke?: HostConfig['previous']['revoke']
}

function plan(
  material: Paired,
  { set = kept() as ReadableSet, sets = [], memory, revoke = 'no' }: Case = {},
) {
  const host: HostConfig = {
    ...HOST,
    previous: { ...HOST.previous, revoke },
    materials: HOST.materials.map((one) => (one.id === material.id ? material : one)),
  }
  const seen = observation(host, {}, { materials: OWN, ...memory }, sets)
  return planRollback(host, seen, { material, set }, NOW_MS)
}

function installMessage({ memory }: { readonly memory?: Partial<RunMemory> }) {
  const { steps } = plan(WEB, memory ? { memory: { materials: {} } } : {})
  return steps.find(({ kind }) => kind === 'install')?.message
}

function outline({ steps }: ReturnType<typeof plan>): string[] {
  return steps.map((step) => `${step.kind} ${materialsOf(step).join(' ')}`)
}

function lasting(leftMs: number): ReadableSet {
  const certificate = { serial: '4a10', notBeforeMs: NOW_MS - 16 * DAY_MS, notAfterMs: NOW_MS + leftMs }
  return kept({ certificate }) as ReadableSet
}
