import { describe, expect, test } from 'vitest'
import { type IssuedFacts, JUDGEMENTS, judgeIssued } from '../../../src/core/judgement.ts'
import { judgeRenewal } from '../../../src/core/renewal.ts'
import { dueAt } from '../../../src/core/spread.ts'
import { certificate, facts, HOUR_MS, identity, leaf, NOW_MS, PROBE } from './builders.ts'

const CLIENT = '1.3.6.1.5.5.7.3.2'
const SERVER = '1.3.6.1.5.5.7.3.1'

test('the order of the judgements is interface', () => {
  expect(JUDGEMENTS.map(({ reason }) => reason)).toEqual([
    'other-key',
    'expired',
    'not-yet-valid',
    'too-short',
    'authority',
    'other-names',
    'other-issuer',
    'wrong-usage',
    'untrusted-chain',
  ])
})

test('what was asked for may be installed', () => expect(judge({})).toBeUndefined())

const FAULTS: readonly [string, Partial<IssuedFacts>, string][] = [
  ['other-key', { keyMatches: false }, 'expected the key of the request, found another'],
  [
    'expired',
    { certificate: leaf({ notAfterMs: NOW_MS }) },
    'expected a certificate that is valid now, found one that expired at 2026-06-01T12:00:00Z: compare the clocks',
  ],
  [
    'not-yet-valid',
    { certificate: leaf({ notBeforeMs: NOW_MS + HOUR_MS }) },
    'expected a certificate that is valid now, found one valid in 1h: compare the clocks',
  ],
  [
    'too-short',
    { certificate: leaf({ notAfterMs: NOW_MS + 5000 }), currentNotAfterMs: NOW_MS + HOUR_MS },
    'expected about 1h of life, found 5s, and the one on disk lives until 2026-06-01T13:00:00Z',
  ],
  ['authority', { certificate: leaf({ isCa: true }) }, 'expected a leaf, found a CA certificate'],
  [
    'other-names',
    { certificate: leaf({ dnsNames: ['evil.example'] }) },
    'expected DNS names none, found evil.example',
  ],
  [
    'other-issuer',
    { material: certificate('web', { issuance: { issuerName: 'New CA' } }) },
    'expected issuer New CA, found PrivSec Intermediate CA (prod)',
  ],
  [
    'wrong-usage',
    { material: identity('web'), certificate: leaf({ extendedKeyUsages: [SERVER] }) },
    'expected extended key usage client authentication, found 1.3.6.1.5.5.7.3.1',
  ],
  [
    'untrusted-chain',
    { chainFault: 'no issuer of web (Other CA)' },
    'expected a chain to /etc/pki-root.pem, found no issuer of web (Other CA)',
  ],
]

test('every judgement has its fault here', () => {
  expect(FAULTS.map(([reason]) => reason)).toEqual(JUDGEMENTS.map(({ reason }) => reason))
})

test.each(FAULTS)('%s', (reason, changes, message) => expect(judge(changes)).toEqual({ reason, message }))

test('a certificate is valid from its first millisecond to before its last', () => {
  expect(judge({ certificate: leaf({ notBeforeMs: NOW_MS }) })).toBeUndefined()
  expect(judge({ certificate: leaf({ notBeforeMs: NOW_MS + 1 }) })?.reason).toBe('not-yet-valid')
  expect(judge({ certificate: leaf({ notAfterMs: NOW_MS + 1 }) })).toBeUndefined()
})

describe('usages', () => {
  const probed = certificate('web', { probe: PROBE })
  test.each([
    ['none is every one', identity('web'), [], undefined],
    ['any is every one', identity('web'), ['2.5.29.37.0'], undefined],
    ['an identity logs in', identity('web'), [SERVER, CLIENT], undefined],
    ['what a TLS client meets is a server', probed, [CLIENT], 'wrong-usage'],
    ['a server that is probed', probed, [SERVER], undefined],
    ['without a probe nobody knows what it is for', certificate('web'), [CLIENT], undefined],
  ])('%s', (_, material, extendedKeyUsages, reason) => {
    expect(judge({ material, certificate: leaf({ extendedKeyUsages }) })?.reason).toBe(reason)
  })
})

describe('a certificate that would end before the one on disk', () => {
  const DAY_MS = 24 * HOUR_MS
  const judged = (askedMs: number | undefined, grantedMs: number, leftMs: number | undefined) => {
    const issuance = askedMs === undefined ? {} : { ttlMs: askedMs }
    const material = certificate('web', { issuance })
    const fresh = leaf({ notBeforeMs: NOW_MS, notAfterMs: NOW_MS + grantedMs })
    const currentNotAfterMs = leftMs === undefined ? undefined : NOW_MS + leftMs
    return judge({ material, certificate: fresh, currentNotAfterMs })?.reason
  }

  test.each<[string, number | undefined, number, number | undefined, string | undefined]>([
    ['a role cut to seconds', DAY_MS, 5000, 8 * HOUR_MS, 'too-short'],
    ['without an asked lifetime the one on disk is the measure', undefined, 5000, 8 * HOUR_MS, 'too-short'],
    ['a lifetime lowered on purpose', DAY_MS, DAY_MS, 20 * DAY_MS, undefined],
    ['a role that caps what is asked, but ends later', 900 * HOUR_MS, DAY_MS, 8 * HOUR_MS, undefined],
    ['better than the one on disk, however short', DAY_MS, 60_000, 30_000, undefined],
    ['the one on disk has expired', DAY_MS, 5000, -1, undefined],
    ['nothing on disk', DAY_MS, 5000, undefined, undefined],
  ])('%s', (_, askedMs, grantedMs, leftMs, reason) => {
    expect(judged(askedMs, grantedMs, leftMs)).toBe(reason)
  })
})

/** Otherwise it would be issued anew at every run. */
test('what passes the judgement passes the renewal checks of the next run', () => {
  const material = certificate('web', { issuance: { issuerName: 'PrivSec Intermediate CA (prod)' } })
  const fresh = leaf({ notBeforeMs: NOW_MS, notAfterMs: NOW_MS + HOUR_MS })
  expect(judge({ material, certificate: fresh })).toBeUndefined()
  const dueAtMs = dueAt(fresh, material.renewAt, 0.25, 0.999)
  const onDisk = facts({ leaf: { state: 'read', certificate: fresh } })
  const nextRun = { material, facts: onDisk, nowMs: NOW_MS + HOUR_MS / 4, dueAtMs, forced: false }
  expect(judgeRenewal(nextRun)).toBeUndefined()
})

function judge(changes: Partial<IssuedFacts>) {
  const sound = {
    certificate: leaf(),
    keyMatches: true,
    chainFault: undefined,
    currentNotAfterMs: undefined,
    nowMs: NOW_MS,
  }
  return judgeIssued({ material: certificate('web'), ...sound, ...changes })
}
