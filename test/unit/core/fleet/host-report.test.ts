import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HOST_STATES, reportFleet, reportHost } from '../../../../src/core/fleet/host-report.ts'
import { CARD_FINDINGS, type CardFindingReason } from '../../../../src/core/fleet/judge-card.ts'
import { fleetCard, HOST } from './cards.ts'

const found = (...reasons: CardFindingReason[]) => reasons.map((reason) => ({ reason, message: reason }))

test.each([
  [[], true, 'ready'],
  [[], false, 'not-ready'],
  [['stale'], true, 'silent'],
  [['stale', 'backwards'], true, 'backwards'],
  [['stale', 'backwards', 'misnamed'], true, 'unverified'],
] as const)('%s is one word', (reasons, ready, state) => {
  expect(reportHost(HOST, fleetCard({ ready }), found(...reasons), true).state).toBe(state)
})

describe('what nobody vouches for', () => {
  test.each([
    ['misnamed', true, false],
    ['untrusted', true, false],
    ['untrusted', false, true],
    ['stale', true, true],
  ] as const)('%s, strict %s: told %s', (reason, strict, isTold) => {
    expect('card' in reportHost(HOST, fleetCard(), found(reason), strict)).toBe(isTold)
  })
})

test('a fleet is told by name, and counted', () => {
  const hosts = ['b', 'a', 'c'].map((name) => reportHost(name, fleetCard({ ready: name !== 'c' }), [], true))
  const { hosts: told, counts } = reportFleet(hosts)
  expect(told.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  expect(counts).toEqual({ unverified: 0, backwards: 0, silent: 0, 'not-ready': 1, ready: 2 })
})

describe('docs/fleet.md', () => {
  const page = readFileSync(new URL('../../../../docs/fleet.md', import.meta.url), 'utf8')
  const rows = page.split('\n').flatMap((line) => /^\| `([a-z-]+)` \|/.exec(line)?.[1] ?? [])

  test('tells every state, the worst first, and every finding', () => {
    expect(rows).toEqual([...HOST_STATES, ...CARD_FINDINGS])
  })
})
