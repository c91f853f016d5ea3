/** A year of runs, one every 15 minutes, against a server that answers at random: few requests, and none too late. */
import { describe, expect, test } from 'vitest'
import { rememberFailure } from '../../../src/core/backoff.ts'
import type { CertificateFacts } from '../../../src/core/facts.ts'
import type { EpochMs } from '../../../src/core/material.ts'
import type { MaterialMemory } from '../../../src/core/memory.ts'
import { makePlan } from '../../../src/core/plan.ts'
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
} from './builders.ts'

const RUNS_APART_MS = 15 * 60_000
const YEAR_MS = 365 * DAY_MS

interface Server {
  readonly lifetimeMs: number
  /** Share of requests that succeed. */
  readonly luck: number
  /** Days of the year on which nothing succeeds. */
  readonly outage?: { readonly fromDay: number; readonly toDay: number }
}

interface Year {
  readonly requests: number
  readonly renewals: number
  readonly expiredRuns: number
}

describe.each([1, 2])('a year with the dice of seed %d', (seed) => {
  test.each<[string, Server]>([
    ['a day of life, a good server', { lifetimeMs: DAY_MS, luck: 0.95 }],
    ['30 days of life, a server that fails two of three', { lifetimeMs: 30 * DAY_MS, luck: 1 / 3 }],
    [
      '30 days of life, six days of outage',
      { lifetimeMs: 30 * DAY_MS, luck: 0.9, outage: { fromDay: 100, toDay: 106 } },
    ],
    [
      '90 days of life, three weeks of outage',
      { lifetimeMs: 90 * DAY_MS, luck: 0.9, outage: { fromDay: 50, toDay: 71 } },
    ],
  ])('%s: never expired, never a storm', (_, server) => {
    const year = live(server, seed)
    expect(year.expiredRuns).toBe(0)
    expect(year.renewals).toBeGreaterThanOrEqual(Math.floor(YEAR_MS / server.lifetimeMs))
    expect(year.renewals).toBeLessThanOrEqual(Math.ceil((2 * YEAR_MS) / server.lifetimeMs))
    expect(year.requests - year.renewals).toBeLessThanOrEqual(failuresAllowed(year))
  })
})

test('a server that never answers is asked four times a day, not every 15 minutes', () => {
  const year = live({ lifetimeMs: 30 * DAY_MS, luck: 0 }, 1)
  expect(year.renewals).toBe(0)
  expect(year.requests).toBeLessThanOrEqual(failuresAllowed(year))
  expect(year.requests).toBeGreaterThan(1000)
  expect(year.expiredRuns).toBeGreaterThan(0)
})

test('a server that comes back two hours before the end of a life of a day finds us asking', () => {
  const outage = { fromDay: 0.5, toDay: 22 / 24 }
  expect(live({ lifetimeMs: DAY_MS, luck: 1, outage }, 1).expiredRuns).toBe(0)
})

/** Fifty tries while the wait doubles to six hours and shrinks with the rest of the life, once per renewal; else four a day. */
function failuresAllowed({ renewals }: Year): number {
  return 50 * (renewals + 1) + 4 * 365
}

function live({ lifetimeMs, luck, outage }: Server, seed: number): Year {
  const host = {
    ...config(identity('agent'), certificate('web')),
    renewal: { ...config().renewal, spread: 1 / 20 },
  }
  const dice = openDice(seed)
  let held: CertificateFacts = issueAt(NOW_MS, lifetimeMs, 0)
  let memory: MaterialMemory = {}
  let [requests, renewals, expiredRuns] = [0, 0, 0]
  for (let nowMs = NOW_MS; nowMs < NOW_MS + YEAR_MS; nowMs += RUNS_APART_MS) {
    if (nowMs >= held.notAfterMs) expiredRuns += 1
    const agent = facts({ leaf: { state: 'read', certificate: leaf({ notAfterMs: NOW_MS + 10 * YEAR_MS }) } })
    const seen = {
      'identity/agent': agent,
      'certificate/web': facts({ leaf: { state: 'read', certificate: held } }),
    }
    const observed = observation(host, seen, { materials: { 'certificate/web': memory } })
    const { steps } = makePlan(host, observed, nowMs, { force: false })
    if (!steps.some(({ kind }) => kind === 'issue')) continue
    requests += 1
    const day = (nowMs - NOW_MS) / DAY_MS
    const isOut = outage !== undefined && day >= outage.fromDay && day < outage.toDay
    if (!isOut && dice() < luck) {
      renewals += 1
      held = issueAt(nowMs, lifetimeMs, renewals)
      memory = {}
    } else memory = { failure: rememberFailure(memory.failure, FAULT, nowMs, held.notAfterMs) }
  }
  return { requests, renewals, expiredRuns }
}

const FAULT = { code: 'vault-unreachable', message: 'expected an answer, found none', hint: '' } as const

/** Backdated by 30 seconds, as Vault does. */
function issueAt(nowMs: EpochMs, lifetimeMs: number, count: number): CertificateFacts {
  return leaf({ notBeforeMs: nowMs - 30_000, notAfterMs: nowMs + lifetimeMs, serial: count.toString(16) })
}

/** mulberry32: the same numbers on every machine. */
function openDice(seed: number): () => number {
  let state = seed * HOUR_MS
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    const more = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32
  }
}
