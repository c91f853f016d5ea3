import { describe, expect, test } from 'vitest'
import type { PlanOptions } from '../../../../src/core/deciding/decision.ts'
import type { MaterialFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { MaterialId } from '../../../../src/core/material.ts'
import type { MaterialMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import {
  certificate,
  config,
  dueFacts,
  failure,
  HOUR_MS,
  identity,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'

const ID = 'identity/agent'
const PINNED = config(identity('agent', { mappingPins: 'certificate' }), certificate('web'))
const WIDENED = { widenedAtMs: NOW_MS - HOUR_MS }

describe('a renewed identity whose mapping trusts its certificate', () => {
  test('comes into the mapping before the proof, and the old one goes once the files are switched', () => {
    expect(kinds(PINNED, { [ID]: dueFacts() })).toEqual([
      ...['preflight', 'health', 'login', 'issue', 'pin', 'prove', 'install', 'unpin'],
    ])
  })

  test('has left the mapping to it alone before a leaf is signed', () => {
    const order = kinds(PINNED, { [ID]: dueFacts(), 'certificate/web': dueFacts() })
    expect(order.lastIndexOf('issue')).toBeGreaterThan(order.indexOf('unpin'))
  })

  test('every step says what it does', () => {
    const messages = plan(PINNED, { [ID]: dueFacts() }).map(({ message }) => message)
    expect(messages).toContain(
      'add the new certificate of identity/agent to auth/cert/certs/agent-agent, beside the old one',
    )
    expect(messages).toContain('remove what is old of identity/agent from auth/cert/certs/agent-agent')
  })
})

test('one whose mapping trusts the authority has nothing to do with it, whatever is remembered', () => {
  expect(kinds(config(identity('agent')), { [ID]: dueFacts() }, WIDENED)).not.toContain('pin')
  expect(kinds(config(identity('agent')), {}, WIDENED)).toEqual([])
})

describe('what an earlier run left in the mapping', () => {
  test('is removed by a run that has nothing else to do', () => {
    expect(kinds(PINNED, {}, WIDENED)).toEqual(['health', 'login', 'unpin'])
    expect(plan(PINNED, {}, WIDENED).at(-1)?.message).toBe(
      'remove what is old of identity/agent from auth/cert/certs/agent-agent, there since 2026-06-01T11:00:00Z or before',
    )
  })

  test('also while the identity waits after a failure', () => {
    const waiting = { ...WIDENED, failure: failure() }
    expect(kinds(PINNED, { [ID]: dueFacts() }, waiting)).toEqual(['health', 'login', 'unpin'])
  })

  test('not with a pair that cannot log in, nor when other materials were named', () => {
    expect(kinds(PINNED, { [ID]: noFacts() }, WIDENED)).toEqual([])
    expect(kinds(PINNED, {}, WIDENED, new Set(['certificate/web']))).toEqual([])
  })
})

function kinds(...asked: Parameters<typeof plan>): string[] {
  return plan(...asked).map(({ kind }) => kind)
}

function plan(
  host: HostConfig,
  seen: { readonly [id: MaterialId]: MaterialFacts },
  memory: MaterialMemory = {},
  only?: ReadonlySet<MaterialId>,
) {
  const options: PlanOptions = { force: false, ...(only ? { only } : {}) }
  return makePlan(host, observation(host, seen, { materials: { [ID]: memory } }), NOW_MS, options).steps
}
