import { expect, test } from 'vitest'
import type { Pushable } from '../../../../src/core/material.ts'
import { planAdoption } from '../../../../src/core/planning/adopt.ts'
import { materialsOf } from '../../../../src/core/steps.ts'
import { certificate, config, DAY_MS, identity, NOW_MS, observation } from '../builders.ts'
import { owed, PROBE, podman } from '../consumer-builders.ts'
import { kept } from '../kept-builders.ts'

const WEB = pushable('web')
const API = pushable('api')
const HOST = config(identity('agent'), WEB, API)

test('nothing pushed: nothing to do, whatever is due or owed', () => {
  const seen = observation(HOST, {}, { owed: [owed('podman:proxy', ['certificate/web'])] })
  expect(planAdoption(HOST, seen, [], NOW_MS)).toMatchObject({ decisions: [], steps: [] })
})

test('preflight, each inbox, whom it concerns once, a look at each; nothing is asked of Vault', () => {
  const { steps, decisions } = planAdoption(HOST, observation(HOST), [WEB, API], NOW_MS)
  expect(steps.map((step) => `${step.kind} ${materialsOf(step).join(' ')}`)).toEqual([
    'preflight certificate/web certificate/api',
    'adopt certificate/web',
    'adopt certificate/api',
    'reload certificate/web certificate/api',
    'serve-check certificate/web',
    'serve-check certificate/api',
  ])
  expect(steps[3]?.message).toBe('tell podman:proxy if it changed')
  expect(decisions.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual(['adopt pushed', 'adopt pushed'])
})

test('what was kept long enough goes, but for what is to be revoked first', () => {
  const seen = observation(HOST, {}, {}, [kept({ keptAtMs: NOW_MS - 8 * DAY_MS })])
  const kinds = (host: typeof HOST) => planAdoption(host, seen, [WEB], NOW_MS).steps.map(({ kind }) => kind)
  expect(kinds(HOST)).toContain('prune')
  expect(kinds({ ...HOST, previous: { ...HOST.previous, revoke: 'any' } })).not.toContain('prune')
})

function pushable(name: string): Pushable {
  const inbox = `/inbox/${name}`
  return { ...certificate(name, { reload: [podman('proxy')], probes: [PROBE] }), inbox }
}
