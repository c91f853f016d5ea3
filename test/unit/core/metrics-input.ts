/** A host on which every metric has something to say. */

import { EMPTY_MEMORY } from '../../../src/core/memory.ts'
import type { MetricsInput } from '../../../src/core/status/metrics.ts'
import { statusOf } from '../../../src/core/status/rungs.ts'
import { certificate, facts, failure, keysetFacts, leaf, NOW_MS } from './builders.ts'
import { owed, PROBE, podman } from './consumer-builders.ts'
import { keyset } from './keyset-builders.ts'
import { active, next, of } from './keysets/versions.ts'

export function everything(): MetricsInput {
  const web = certificate('web', { reload: [podman('proxy')], probes: [PROBE] })
  const tokens = keyset('tokens')
  const { serial, fingerprint, notAfterMs } = leaf()
  const memory = {
    ...EMPTY_MEMORY,
    materials: {
      [tokens.id]: {
        keyset: {
          atMs: NOW_MS,
          document: of(active(3, 20), next(4, 2)),
          shape: '',
          stamps: {},
          held: { reason: 'hosts', message: 'web2', sinceMs: NOW_MS - 60_000, dueAtMs: NOW_MS },
        },
      },
      [web.id]: { failure: failure(), issued: { serial, fingerprint, notAfterMs, atMs: NOW_MS - 60_000 } },
    },
    owed: [owed('podman:proxy', [web.id], { atMs: NOW_MS, retryAtMs: NOW_MS + 60_000 })],
    server: { version: '1.21.1', atMs: NOW_MS },
    ledger: { head: { seq: 7, hash: '0'.repeat(64) } },
  } as const
  const decision = {
    kind: 'keep',
    material: web.id,
    reason: 'current',
    message: '',
    dueAtMs: NOW_MS,
  } as const
  return {
    statuses: [
      statusOf({ material: web, facts: facts(), memory, decision, nowMs: NOW_MS }),
      statusOf({
        material: tokens,
        facts: keysetFacts(),
        memory,
        decision: { ...decision, material: tokens.id },
        nowMs: NOW_MS,
      }),
    ],
    memory,
    interrupted: false,
    version: '0.1.0',
    nodeVersion: '26.10.0',
    run: { startedMs: NOW_MS - 1500, endedMs: NOW_MS, exit: 0 },
  }
}
