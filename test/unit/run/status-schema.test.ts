/** The schema that is shipped, on a status with everything in it; the suites hold every other one they meet against it. */
import { expect, test } from 'vitest'
import { EMPTY_MEMORY } from '../../../src/core/memory.ts'
import { EMPTY_HISTORY } from '../../../src/core/status/history.ts'
import type { MaterialStatus } from '../../../src/core/status/rungs.ts'
import { statusOf } from '../../../src/core/status/rungs.ts'
import { statusJson } from '../../../src/run/statuses.ts'
import { checkStatus } from '../../rig/status-schema.ts'
import { bundle, bundleFacts, certificate, failure, NOW_MS, noFacts } from '../core/builders.ts'
import { owed, PROBE, podman } from '../core/consumer-builders.ts'

const web = certificate('web', { reload: [podman('proxy')], probes: [PROBE] })
const memory = {
  ...EMPTY_MEMORY,
  materials: { [web.id]: { failure: failure() } },
  owed: [owed('podman:proxy', [web.id], { atMs: NOW_MS, retryAtMs: NOW_MS + 1000, message: 'it is down' })],
  server: {
    version: '1.21.1',
    atMs: NOW_MS,
    retest: {
      atMs: NOW_MS,
      from: '1.20.4',
      lines: [
        { subject: web.id, check: 'sign', fault: { code: 'role-refused', message: 'no', hint: 'look' } },
      ],
    },
  },
} as const

function whole() {
  const hold = {
    kind: 'hold',
    material: web.id,
    reason: 'backing-off',
    fault: 'vault-sealed',
    message: 'it waits',
    retryAtMs: NOW_MS,
  } as const
  const keep = {
    kind: 'keep',
    material: 'bundle/ca',
    reason: 'current',
    message: 'current',
    dueAtMs: NOW_MS,
  } as const
  const input = { memory, nowMs: NOW_MS }
  const all: MaterialStatus[] = [
    {
      ...statusOf({ ...input, material: web, facts: noFacts(), decision: hold }),
      rolledBack: { from: '4a10', atMs: NOW_MS },
    },
    statusOf({ ...input, material: bundle('ca'), facts: bundleFacts(), decision: keep }),
  ]
  return JSON.parse(
    JSON.stringify(statusJson(all, { memory, nowMs: NOW_MS, interrupted: true } as never, EMPTY_HISTORY)),
  )
}

/** As it is in JSON, to be broken at will. */
interface Loose {
  materials: [{ issued: object; served: object; conditions: { synced?: object } }]
}

test('takes it', () => checkStatus(JSON.stringify(whole())))

test.each([
  [
    'a field that is not described',
    (status: Loose) => Object.assign(status.materials[0].issued, { extra: 1 }),
  ],
  ['a field less', (status: Loose) => Reflect.deleteProperty(status.materials[0].conditions, 'synced')],
  [
    'a state of another word',
    (status: Loose) => Object.assign(status.materials[0].served, { state: 'maybe' }),
  ],
  ['milliseconds', (status: Loose) => Object.assign(status, { at: NOW_MS })],
])('refuses %s', (_, change) => {
  const status = whole()
  change(status)
  expect(() => checkStatus(JSON.stringify(status))).toThrow('not a status')
})
