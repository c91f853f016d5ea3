import { expect, test } from 'vitest'
import { keysetShape } from '../../../../src/core/keysets/shape-of.ts'
import type { Keyset } from '../../../../src/core/material.ts'
import { planKeysetRecovery } from '../../../../src/core/planning/recover-keyset.ts'
import { config, identity, NOW_MS, noFacts, observation } from '../builders.ts'
import { podman } from '../consumer-builders.ts'
import { keyset } from '../keyset-builders.ts'
import { active, of } from '../keysets/versions.ts'

const SHARED = {
  kind: 'shared',
  identity: 'identity/agent',
  kvMount: 'kv',
  path: 'keysets/tokens',
  hosts: [],
} as const

test('the control plane first, then the files, the caches, and the consumers in their order', () => {
  const second = { ...podman('second'), restart: 'always', order: 2 } as const
  const first = { ...podman('first'), restart: 'if-needed', order: 1 } as const
  const { decisions, steps } = plan({
    controlPlane: { kind: 'vault' },
    staleFiles: ['/srv/cache', '/srv/cache.sig'],
    reload: [second, first, podman('third')],
  })
  expect(decisions).toMatchObject([{ kind: 'recover', reason: 'break-glass' }])
  expect(steps.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
    'reach: see that the control plane answers: Vault',
    expect.stringMatching(/^refresh: look at the source of keyset\/tokens: /),
    'clear: remove /srv/cache, /srv/cache.sig',
    'reload: tell podman:third, which may not be restarted',
    'restart: restart podman:first',
    'restart: restart podman:second',
  ])
})

test('without caches and without a control plane it is a restart in order', () => {
  const { steps } = plan({})
  expect(steps.map(({ kind }) => kind)).toEqual(['refresh', 'clear'])
  expect(steps.at(-1)?.message).toBe('remove nothing, no stale_files are configured')
})

test('what keeps the files from being seen to keeps back all of it', () => {
  const { decisions, steps } = plan({ store: SHARED, staleFiles: ['/srv/cache'] }, true)
  expect([decisions[0]?.kind, steps]).toEqual(['hold', []])
})

function plan(changes: Partial<Keyset>, isOut = false) {
  const material = keyset('tokens', changes)
  const host = config(identity('agent'), material)
  const known = { atMs: NOW_MS, document: of(active(1, 5)), shape: keysetShape(material), stamps: {} }
  const facts = isOut ? { 'identity/agent': noFacts() } : {}
  const found = observation(host, facts, { materials: { [material.id]: { keyset: known } } })
  return planKeysetRecovery(host, found, material, NOW_MS)
}
