/** Four months of runs, one an hour: a healthy host says nothing, and one whose server is away for days says little. */
import { expect, test } from 'vitest'
import { rememberFailure } from '../../../../src/core/deciding/backoff.ts'
import type { CertificateFacts } from '../../../../src/core/facts.ts'
import type { FailureMemory } from '../../../../src/core/memory.ts'
import { standingOf } from '../../../../src/core/notify/standing.ts'
import { delivered, planTelling } from '../../../../src/core/notify/telling.ts'
import { NOTHING_TOLD } from '../../../../src/core/notify/told.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { statusOf } from '../../../../src/core/status/rungs.ts'
import {
  certificate,
  config,
  DAY_MS,
  facts,
  HOUR_MS,
  identity,
  leaf,
  NOW_MS,
  observation,
} from '../builders.ts'

const DAYS = 120
const LIMITS = { perMaterial: 4, overall: 20 }
const FAULT = { code: 'vault-unreachable', message: 'expected an answer, found none', hint: '' } as const
const late = { kind: 'fraction', of: 9 / 10 } as const

test.each([
  ['renewed at two thirds', {}],
  ['renewed at nine tenths', { renewAt: late }],
])('a host that is well, %s, says nothing', (_, changes) => {
  expect(live({ fromDay: 0, toDay: 0 }, changes)).toEqual([])
})

test('a server away for five days that nobody needed is not told of', () => {
  expect(live({ fromDay: 3, toDay: 8 })).toEqual([])
})

test('one that is needed is told of when it fails, when little is left, when it is over for the certificate, and when all is well', () => {
  expect(live({ fromDay: 18, toDay: 32 })).toEqual([
    'day 20: failed warning vault-unreachable',
    'day 22: expiring warning ends',
    'day 27: expiring critical ends',
    'day 30: failed critical expired',
    'day 32: recovered info expired',
  ])
})

/** What is said of a certificate of 30 days, new on day 0, that the server does not renew on these days. */
function live(
  away: { readonly fromDay: number; readonly toDay: number },
  changes: Parameters<typeof certificate>[1] = {},
): string[] {
  const web = certificate('web', changes)
  const host = config(identity('agent'), web)
  const said: string[] = []
  let held = issuedAt(NOW_MS)
  let failure: FailureMemory | undefined
  let told = NOTHING_TOLD
  for (let nowMs = NOW_MS; nowMs < NOW_MS + DAYS * DAY_MS; nowMs += HOUR_MS) {
    const day = (nowMs - NOW_MS) / DAY_MS
    const isDue = look(host, held, failure, nowMs).plan.steps.some(({ kind }) => kind === 'issue')
    if (isDue && day >= away.fromDay && day < away.toDay)
      failure = rememberFailure(failure, FAULT, nowMs, held.notAfterMs)
    else if (isDue) [held, failure] = [issuedAt(nowMs), undefined]

    const { plan, memory, pair } = look(host, held, failure, nowMs)
    const statuses = plan.decisions
      .filter(({ material }) => material === web.id)
      .map((decision) => statusOf({ material: web, facts: pair, memory, decision, nowMs }))
    const standing = standingOf({ statuses, interrupted: false, memory, version: '0.1.0', nowMs })
    const telling = planTelling(told, standing, LIMITS, nowMs)
    told = telling.events.length > 0 ? delivered(telling, standing, nowMs) : telling.told
    for (const { kind, severity, reason } of telling.events)
      said.push(`day ${Math.floor(day)}: ${kind} ${severity} ${reason}`)
  }
  return said
}

function look(
  host: ReturnType<typeof config>,
  held: CertificateFacts,
  failure: FailureMemory | undefined,
  nowMs: number,
) {
  const agent = leaf({ notAfterMs: NOW_MS + 10 * 365 * DAY_MS })
  const pair = facts({ leaf: { state: 'read', certificate: held } })
  const both = {
    'identity/agent': facts({ leaf: { state: 'read', certificate: agent } }),
    'certificate/web': pair,
  }
  const seen = observation(host, both, { materials: { 'certificate/web': failure ? { failure } : {} } })
  return { plan: makePlan(host, seen, nowMs, { force: false }), memory: seen.memory, pair }
}

function issuedAt(nowMs: number): CertificateFacts {
  return leaf({ notBeforeMs: nowMs - 30_000, notAfterMs: nowMs + 30 * DAY_MS, serial: nowMs.toString(16) })
}
