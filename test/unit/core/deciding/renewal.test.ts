import { describe, expect, test } from 'vitest'
import {
  judgeRenewal,
  RENEWAL_CHECKS,
  type RenewalInput,
  type RenewalReason,
} from '../../../../src/core/deciding/renewal.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { Paired } from '../../../../src/core/material.ts'
import { certificate, DAY_MS, dueLeaf, facts, HOUR_MS, leaf, NOW_MS } from '../builders.ts'

test('the order of the checks is interface: the first that finds something is the reason', () => {
  expect(RENEWAL_CHECKS.map(({ reason }) => reason)).toEqual([
    'missing',
    'unreadable',
    'malformed',
    'key-mismatch',
    'untrusted-chain',
    'subject-drift',
    'key-type-drift',
    'issuer-drift',
    'revoked',
    'expired',
    'due',
    'forced',
  ])
})

test('a sound set that is not due may stay', () => expect(judge({})).toBeUndefined())

interface Case {
  readonly reason: RenewalReason
  readonly facts?: Partial<PairFacts>
  readonly material?: Paired
  readonly input?: Partial<RenewalInput>
  readonly message: string
}

/** One minimal violation a check, each sound in all that the earlier checks look at. */
const VIOLATIONS: readonly Case[] = [
  {
    reason: 'missing',
    facts: { key: { state: 'missing', why: '/srv/web/key.pem: expected a file, found none' } },
    message: 'private key: /srv/web/key.pem: expected a file, found none',
  },
  {
    reason: 'unreadable',
    facts: { leaf: { state: 'unreadable', why: 'expected to read it, found EACCES' } },
    message: 'certificate: expected to read it, found EACCES',
  },
  {
    reason: 'malformed',
    facts: { leaf: { state: 'malformed', why: 'the cert file is empty' } },
    message: 'certificate: the cert file is empty',
  },
  {
    reason: 'key-mismatch',
    facts: { keyMatches: false },
    message: 'the private key on disk does not belong to the certificate',
  },
  {
    reason: 'untrusted-chain',
    facts: { chain: { state: 'untrusted', why: 'no issuer of web (Intermediate)' } },
    message: 'expected a chain to /etc/pki-root.pem, found no issuer of web (Intermediate)',
  },
  {
    reason: 'subject-drift',
    facts: certified({ commonName: 'api.int.privsec.ch' }),
    message: 'expected common name web.int.privsec.ch, found api.int.privsec.ch',
  },
  {
    reason: 'key-type-drift',
    facts: certified({ keyType: 'rsa-2048' }),
    message: 'expected key type ec-p256, found rsa-2048',
  },
  {
    reason: 'issuer-drift',
    material: certificate('web', { issuance: { issuerName: 'New CA' } }),
    message: 'expected issuer New CA, found PrivSec Intermediate CA (prod)',
  },
  {
    reason: 'revoked',
    input: { revokedAtMs: NOW_MS - HOUR_MS },
    message: 'revoked at 2026-06-01T11:00:00Z',
  },
  {
    reason: 'expired',
    facts: certified({ notAfterMs: NOW_MS - HOUR_MS }),
    message: 'expired 1h ago, at 2026-06-01T11:00:00Z',
  },
  {
    reason: 'due',
    facts: { leaf: { state: 'read', certificate: dueLeaf() } },
    input: { dueAtMs: NOW_MS - DAY_MS },
    message: 'due since 2026-05-31T12:00:00Z, 9d of its life left',
  },
  { reason: 'forced', input: { forced: true }, message: 'renewal was asked for' },
]

test('every check has its violation here', () => {
  expect(VIOLATIONS.map(({ reason }) => reason)).toEqual(RENEWAL_CHECKS.map(({ reason }) => reason))
})

test.each(VIOLATIONS)('$reason', (one) => {
  expect(judge(one)).toEqual({ reason: one.reason, message: one.message })
})

test('of two violations the earlier check tells', () => {
  expect(judge({ facts: { keyMatches: false, ...certified({ keyType: 'other' }) } })?.reason).toBe(
    'key-mismatch',
  )
  const expiredAndForced = { facts: certified({ notAfterMs: NOW_MS }), input: { forced: true } }
  expect(judge(expiredAndForced)?.reason).toBe('expired')
})

describe('to the millisecond', () => {
  test('expired at the end of its life, not before', () => {
    expect(judge({ facts: certified({ notAfterMs: NOW_MS }) })?.reason).toBe('expired')
    expect(judge({ facts: certified({ notAfterMs: NOW_MS + 1 }) })).toBeUndefined()
  })

  test('due at its moment, not before', () => {
    expect(judge({ input: { dueAtMs: NOW_MS } })?.reason).toBe('due')
    expect(judge({ input: { dueAtMs: NOW_MS + 1 } })).toBeUndefined()
  })
})

test('files that keep no intermediates are no reason', () => {
  expect(judge({ facts: { chain: { state: 'unkept' } } })).toBeUndefined()
})

function judge({ material = certificate('web'), ...one }: Partial<Case>) {
  const input = { dueAtMs: NOW_MS + DAY_MS, forced: false, nowMs: NOW_MS, ...one.input }
  return judgeRenewal({ material, facts: facts(one.facts), ...input })
}

function certified(changes: Parameters<typeof leaf>[0]): Partial<PairFacts> {
  return { leaf: { state: 'read', certificate: leaf(changes) } }
}
