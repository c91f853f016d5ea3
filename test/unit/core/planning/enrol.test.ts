import { describe, expect, test } from 'vitest'
import type { PairFacts } from '../../../../src/core/facts.ts'
import { identityToEnrol, refuseSecondEnrolment } from '../../../../src/core/planning/enrol.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import {
  certificate,
  config,
  DAY_MS,
  facts,
  identity,
  leaf,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'

const AGENT = identity('web')
const HOST = config(AGENT, certificate('web', { identity: AGENT.id }))

describe('a pair that is there', () => {
  test.each<[string, PairFacts, RegExp, RegExp]>([
    [
      'is sound',
      facts(),
      /^identity\/web: expected no pair yet, found one with serial 4a11, valid until/,
      /^keyroller renew --now/,
    ],
    [
      'has expired',
      aged({ notAfterMs: NOW_MS - DAY_MS }),
      /found one that is of no use: expired 1d ago/,
      /--repair identity\/web/,
    ],
    [
      'is not valid yet',
      aged({ notBeforeMs: NOW_MS + DAY_MS }),
      /not valid before .*: compare the clocks$/,
      /--repair/,
    ],
    ['is of two halves', facts({ keyMatches: false }), /does not belong to the certificate$/, /--repair/],
    ['is half gone', facts({ key: { state: 'missing' } }), /private key: missing$/, /--repair/],
    [
      'has no anchors any more',
      facts({ chain: { state: 'untrusted', why: 'no issuer' } }),
      /found no issuer$/,
      /--repair/,
    ],
  ])('%s: it stays, and the way on is told', (_, seen, message, hint) => {
    expect(() => refuseSecondEnrolment(AGENT, seen, NOW_MS, false)).toThrow(
      expect.objectContaining({
        code: 'already-enrolled',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    )
    expect(() => refuseSecondEnrolment(AGENT, seen, NOW_MS, true)).not.toThrow()
  })

  test('nothing is there: nothing is refused', () => {
    expect(() => refuseSecondEnrolment(AGENT, noFacts(), NOW_MS, false)).not.toThrow()
  })
})

test('a name means the identity, also where a certificate has it', () => {
  expect(identityToEnrol('web', HOST.materials).id).toBe('identity/web')
  expect(() => identityToEnrol('certificate/web', HOST.materials)).toThrow('configured: identity/web')
})

test('the secret stands where the login would: the new pair is proved before it is installed', () => {
  const seen = observation(HOST, { 'identity/web': noFacts() })
  const options = { only: new Set([AGENT.id]), force: true, enrol: AGENT.id }
  const { decisions, steps } = makePlan(HOST, seen, NOW_MS, options)
  expect(decisions).toMatchObject([{ kind: 'renew', reason: 'missing' }])
  expect(steps.map(({ kind }) => kind)).toEqual(['preflight', 'health', 'enrol', 'issue', 'prove', 'install'])
})

function aged(changes: Parameters<typeof leaf>[0]): PairFacts {
  return facts({ leaf: { state: 'read', certificate: leaf(changes) } })
}
