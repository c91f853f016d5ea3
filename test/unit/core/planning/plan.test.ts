import { describe, expect, test } from 'vitest'
import type { PlanOptions } from '../../../../src/core/deciding/decision.ts'
import type { MaterialFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { MaterialId } from '../../../../src/core/material.ts'
import type { RunMemory, ServedMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { materialsOf, type Step } from '../../../../src/core/steps.ts'
import {
  absent,
  certificate,
  config,
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
import { owed, PROBE, podman, systemd } from '../consumer-builders.ts'

test('nothing due and nothing owed: no step at all', () => {
  const host = config(identity('agent'), certificate('web', { reload: [podman('proxy')], probes: [PROBE] }))
  expect(plan(host)).toMatchObject({ steps: [], settled: [] })
})

describe('the main job', () => {
  const host = config(
    certificate('web', { reload: [podman('proxy'), systemd('nginx.service')], probes: [PROBE] }),
    identity('agent', { reload: [systemd('agent.service')] }),
    certificate('api', { reload: [podman('proxy')] }),
  )
  const seen = { 'certificate/web': dueFacts(), 'identity/agent': dueFacts(), 'certificate/api': noFacts() }

  test('identities first, proved before they are installed; then leaves; then who must be told; then a client', () => {
    expect(outline(plan(host, seen).steps)).toEqual([
      'preflight identity/agent certificate/web certificate/api',
      'health identity/agent certificate/web certificate/api',
      'login identity/agent certificate/web certificate/api',
      'issue identity/agent',
      'prove identity/agent',
      'install identity/agent',
      'issue certificate/web',
      'issue certificate/api',
      'install certificate/web certificate/api',
      'reload podman:proxy certificate/web certificate/api',
      'reload systemd:nginx.service certificate/web',
      'reload systemd:agent.service identity/agent',
      'serve-check certificate/web',
    ])
  })

  test('every step says what it does, and issuing says why', () => {
    expect(plan(host, seen).steps.map(({ message }) => message)).toEqual([
      'write and read back where files will go',
      'ask the server for its health and version',
      'log in at auth/cert as agent-agent',
      'issue identity/agent: due since 2026-05-31T12:00:00Z, 9d of its life left',
      'log in with the new pair of identity/agent',
      "install identity/agent; replaces 2 files not known to be keyroller's, kept for 7d",
      'issue certificate/web: due since 2026-05-31T12:00:00Z, 9d of its life left',
      'issue certificate/api: private key: expected a file, found none',
      "install certificate/web, certificate/api; replaces 2 files not known to be keyroller's, kept for 7d",
      'tell podman:proxy',
      'tell systemd:nginx.service',
      'tell systemd:agent.service',
      'see that 127.0.0.1:443 serves certificate/web',
    ])
  })

  test('a leaf alone logs in with the pair that is there', () => {
    expect(outline(plan(host, { 'certificate/api': noFacts() }).steps)).toEqual([
      'preflight certificate/api',
      'health certificate/api',
      'login certificate/api',
      'issue certificate/api',
      'install certificate/api',
      'reload podman:proxy certificate/api',
    ])
  })

  test('an identity alone', () => {
    expect(outline(plan(host, { 'identity/agent': dueFacts() }).steps)).toEqual([
      'preflight identity/agent',
      'health identity/agent',
      'login identity/agent',
      'issue identity/agent',
      'prove identity/agent',
      'install identity/agent',
      'reload systemd:agent.service identity/agent',
    ])
  })

  test('only what was selected, forced: its consumers are told, the others keep their certificate', () => {
    const only = new Set<MaterialId>(['certificate/api'])
    const { decisions, steps } = plan(host, {}, {}, { force: true, only })
    expect(decisions.map(({ material }) => material)).toEqual(['certificate/api'])
    expect(steps.filter(({ kind }) => kind === 'issue').flatMap(materialsOf)).toEqual(['certificate/api'])
    expect(outline(steps).at(-1)).toBe('reload podman:proxy certificate/api')
  })

  test('what is held has no step', () => {
    const held = facts({
      chain: { state: 'no-anchors', fault: { code: 'config-missing', message: 'none', hint: '' } },
    })
    expect(plan(host, { 'certificate/web': held }).steps).toEqual([])
  })
})

describe('one login per identity', () => {
  const host = config(
    identity('a'),
    identity('b'),
    ...['1', '2', '3'].map((name) => leafOf(name, 'identity/b')),
  )

  test('however many leaves it signs', () => {
    const due = { 'certificate/1': dueFacts(), 'certificate/2': dueFacts(), 'certificate/3': dueFacts() }
    const logins = plan(host, due).steps.filter((step) => step.kind === 'login')
    expect(logins.map((step) => [step.identity, step.materials])).toEqual([
      ['identity/b', ['certificate/1', 'certificate/2', 'certificate/3']],
    ])
  })

  test('none for what is current', () => {
    expect(
      plan(host, { 'identity/a': dueFacts() }).steps.flatMap((step) =>
        'identity' in step ? [step.identity] : [],
      ),
    ).toEqual(['identity/a'])
  })
})

describe('repairs', () => {
  const host = config(identity('agent'), certificate('web', { reload: [podman('proxy')], probes: [PROBE] }))

  test('of attributes concern nobody else', () => {
    const files = [file('key', { mode: 0o644 })]
    expect(outline(plan(host, { 'certificate/web': facts({ files }) }).steps)).toEqual([
      'repair certificate/web',
    ])
  })

  test('of files in the generation of another set come before that set is installed', () => {
    const files = [file('key', { place: 'stray-link' })]
    const steps = plan(config(identity('agent'), certificate('web'), certificate('old')), {
      'certificate/web': dueFacts(),
      'certificate/old': facts({ files }),
    }).steps
    expect(steps.map(({ kind }) => kind).filter((kind) => kind === 'install' || kind === 'repair')).toEqual([
      'repair',
      'install',
    ])
  })

  test('of a file made anew are told to its consumers and looked at, without asking Vault', () => {
    const files = [file('key'), absent(file('fullchain'))]
    expect(outline(plan(host, { 'certificate/web': facts({ files }) }).steps)).toEqual([
      'repair certificate/web',
      'reload podman:proxy certificate/web',
      'serve-check certificate/web',
    ])
  })
})

describe('owed reloads', () => {
  const host = config(
    identity('agent'),
    certificate('web', { reload: [podman('proxy')], probes: [PROBE] }),
    certificate('api', { reload: [podman('proxy'), systemd('api.service')] }),
  )

  test('are told without a new certificate, and looked at', () => {
    const memory = { owed: [owed('podman:proxy', ['certificate/web'], { members: ['container:1'] })] }
    const { steps } = plan(host, {}, memory)
    expect(outline(steps)).toEqual(['reload podman:proxy certificate/web', 'serve-check certificate/web'])
    expect(steps[0]).toMatchObject({
      message: 'tell podman:proxy, owed since 2026-06-01T11:00:00Z',
      owed: { materials: ['certificate/web'], sinceMs: NOW_MS - HOUR_MS, members: ['container:1'] },
    })
  })

  test('join what changes now: one step a target', () => {
    const memory = { owed: [owed('podman:proxy', ['certificate/web'])] }
    const reloads = plan(host, { 'certificate/api': dueFacts() }, memory).steps.filter(
      ({ kind }) => kind === 'reload',
    )
    expect(outline(reloads)).toEqual([
      'reload podman:proxy certificate/web certificate/api',
      'reload systemd:api.service certificate/api',
    ])
  })

  test('a lower order comes earlier, those alike as they are configured', () => {
    const [first, last] = [
      { ...systemd('first.service'), order: -1 },
      { ...systemd('last.service'), order: 1 },
    ]
    const ordered = config(
      identity('agent'),
      certificate('web', { reload: [last, podman('b'), podman('a'), first] }),
    )
    const reloads = plan(ordered, { 'certificate/web': dueFacts() }).steps.filter(
      ({ kind }) => kind === 'reload',
    )
    expect(outline(reloads).map((line) => line.split(' ')[1])).toEqual([
      'systemd:first.service',
      'podman:b',
      'podman:a',
      'systemd:last.service',
    ])
  })

  test('twice the same are one', () => {
    const memory = {
      owed: [owed('podman:proxy', ['certificate/web']), owed('podman:proxy', ['certificate/api'])],
    }
    expect(outline(plan(host, {}, memory).steps)[0]).toBe(
      'reload podman:proxy certificate/web certificate/api',
    )
  })

  test('whose target is configured no longer are settled', () => {
    const memory = { owed: [owed('podman:gone', ['certificate/web'])] }
    expect(plan(host, {}, memory)).toMatchObject({ steps: [], settled: [{ target: 'podman:gone' }] })
  })

  test('of another selection are left alone', () => {
    const memory = {
      owed: [owed('podman:proxy', ['certificate/web']), owed('podman:gone', ['certificate/web'])],
    }
    const only = new Set<MaterialId>(['certificate/api'])
    expect(plan(host, {}, memory, { only })).toMatchObject({ steps: [], settled: [] })
  })

  test.each([
    ['a material that was renamed', ['certificate/old']],
    ['a material that no longer names it', ['identity/agent']],
    ['nobody', []],
  ] as const)('of %s are told for whoever names the target now', (_, materials) => {
    const memory = { owed: [owed('podman:proxy', materials)] }
    expect(outline(plan(host, {}, memory).steps)[0]).toBe(
      'reload podman:proxy certificate/web certificate/api',
    )
  })

  test('from the first second of all time are owed too', () => {
    const memory = { owed: [owed('podman:proxy', ['certificate/web'], { sinceMs: 0 })] }
    expect(plan(host, {}, memory).steps[0]).toMatchObject({ owed: { sinceMs: 0 } })
  })
})

describe('serve checks', () => {
  const host = config(identity('agent'), certificate('web', { probes: [PROBE] }))

  test.each([
    ['a client that got another certificate looks again', { outcome: 'old-certificate' }, 1],
    ['a client that got it does not', { outcome: 'served' }, 0],
    ['a client that looked for an earlier one does not', { outcome: 'reset', fingerprint: '00' }, 0],
  ] as const)('%s', (_, changes, count) => {
    expect(plan(host, {}, serving(changes)).steps).toHaveLength(count)
  })

  test('of another selection are left alone', () => {
    const only = new Set<MaterialId>(['identity/agent'])
    expect(plan(host, {}, serving({ outcome: 'reset' }), { only }).steps).toEqual([])
  })

  function serving(changes: Partial<ServedMemory>): Partial<RunMemory> {
    const served = { fingerprint: leaf().fingerprint, outcome: 'served', message: '', atMs: NOW_MS } as const
    return { materials: { 'certificate/web': { served: { ...served, ...changes } } } }
  }
})

function leafOf(name: string, identityId: MaterialId) {
  return certificate(name, { identity: identityId })
}

function plan(
  host: HostConfig,
  seen: { readonly [id: MaterialId]: MaterialFacts } = {},
  memory: Partial<RunMemory> = {},
  options: Partial<PlanOptions> = {},
) {
  return makePlan(host, observation(host, seen, memory), NOW_MS, { force: false, ...options })
}

function outline(steps: readonly Step[]): string[] {
  return steps.map((step) =>
    [step.kind, ...(step.kind === 'reload' ? [step.target.text] : []), ...materialsOf(step)].join(' '),
  )
}
