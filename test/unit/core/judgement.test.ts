import { describe, expect, test } from 'vitest'
import { judgeRenewal } from '../../../src/core/deciding/renewal.ts'
import { dueAt } from '../../../src/core/deciding/spread.ts'
import { type IssuedFacts, JUDGEMENTS, judgeIssued, type ReadAnswer } from '../../../src/core/judgement.ts'
import { certificate, facts, HOUR_MS, identity, leaf, NOW_MS } from './builders.ts'
import { PROBE } from './consumer-builders.ts'

const CLIENT = '1.3.6.1.5.5.7.3.2'
const SERVER = '1.3.6.1.5.5.7.3.1'

const SOUND_SIGNATURE = { subject: 'web', algorithm: 'ecdsa-with-SHA256' }

test('the order of the judgements is interface', () => {
  expect(JUDGEMENTS.map(({ reason }) => reason)).toEqual([
    'malformed',
    'other-key',
    'expired',
    'not-yet-valid',
    'too-short',
    'backdated',
    'authority',
    'other-names',
    'other-issuer',
    'wrong-usage',
    'weak-signature',
    'untrusted-chain',
  ])
})

test('what was asked for may be installed', () => expect(judge({})).toBeUndefined())

type Changes = Partial<Omit<IssuedFacts, 'answer'>> & Partial<ReadAnswer> & { readonly malformed?: string }

const FAULTS: readonly [string, Changes, string][] = [
  ['malformed', { malformed: 'expected one certificate, found 2' }, 'expected one certificate, found 2'],
  ['other-key', { keyMatches: false }, 'expected the key of the request, found another'],
  [
    'expired',
    { certificate: issued({ notAfterMs: NOW_MS }) },
    'expected a certificate that is valid now, found one that expired at 2026-06-01T12:00:00Z: compare the clocks',
  ],
  [
    'not-yet-valid',
    { certificate: issued({ notBeforeMs: NOW_MS + HOUR_MS }) },
    'expected a certificate that is valid now, found one valid in 1h: compare the clocks',
  ],
  [
    'too-short',
    { certificate: issued({ notAfterMs: NOW_MS + 5000 }), currentNotAfterMs: NOW_MS + HOUR_MS },
    'expected about 1h of life from pki-prod/roles/web, found 5s, and the one on disk lives until 2026-06-01T13:00:00Z',
  ],
  [
    'backdated',
    { certificate: issued({ notBeforeMs: NOW_MS - 400 * 24 * HOUR_MS, notAfterMs: NOW_MS + 24 * HOUR_MS }) },
    'expected a certificate whose life begins now, found one valid since 2025-04-27T12:00:00Z, 400d ago',
  ],
  ['authority', { certificate: issued({ isCa: true }) }, 'expected a leaf, found a CA certificate'],
  [
    'other-names',
    { certificate: issued({ dnsNames: ['evil.example'] }) },
    'expected DNS names none, found evil.example',
  ],
  [
    'other-issuer',
    { material: certificate('web', { issuance: { issuerName: 'New CA' } }) },
    'expected issuer New CA, found PrivSec Intermediate CA (prod)',
  ],
  [
    'wrong-usage',
    { material: identity('web'), certificate: issued({ extendedKeyUsages: [SERVER] }) },
    'expected extended key usage client authentication, found 1.3.6.1.5.5.7.3.1',
  ],
  [
    'weak-signature',
    { signatures: [SOUND_SIGNATURE, { subject: 'Intermediate', algorithm: 'sha1WithRSAEncryption' }] },
    'expected a signature with SHA-256 or better, found sha1WithRSAEncryption on Intermediate',
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
  expect(judge({ certificate: issued({ notBeforeMs: NOW_MS }) })).toBeUndefined()
  expect(judge({ certificate: issued({ notBeforeMs: NOW_MS + 1 }) })?.reason).toBe('not-yet-valid')
  expect(judge({ certificate: issued({ notAfterMs: NOW_MS + 1 }) })).toBeUndefined()
})

describe('usages', () => {
  const probed = certificate('web', { probes: [PROBE] })
  test.each([
    ['none is every one', identity('web'), [], undefined],
    ['any is every one', identity('web'), ['2.5.29.37.0'], undefined],
    ['an identity logs in', identity('web'), [SERVER, CLIENT], undefined],
    ['what a TLS client meets is a server', probed, [CLIENT], 'wrong-usage'],
    ['a server that is probed', probed, [SERVER], undefined],
    ['without a probe nobody knows what it is for', certificate('web'), [CLIENT], undefined],
  ])('%s', (_, material, extendedKeyUsages, reason) => {
    expect(judge({ material, certificate: issued({ extendedKeyUsages }) })?.reason).toBe(reason)
  })
})

describe('a certificate that would end before the one on disk', () => {
  const DAY_MS = 24 * HOUR_MS
  const judged = (askedMs: number | undefined, grantedMs: number, leftMs: number | undefined) => {
    const issuance = askedMs === undefined ? {} : { ttlMs: askedMs }
    const material = certificate('web', { issuance })
    const fresh = issued({ notBeforeMs: NOW_MS, notAfterMs: NOW_MS + grantedMs })
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

describe('a life that began long ago', () => {
  const aged = (ageMs: number, leftMs: number) =>
    judge({ certificate: issued({ notBeforeMs: NOW_MS - ageMs, notAfterMs: NOW_MS + leftMs }) })?.reason
  const MINUTE_MS = 60_000

  test.each([
    ['less than half of it gone', 24 * HOUR_MS, 25 * HOUR_MS, undefined],
    ['half of it gone: due at once, at every run', 24 * HOUR_MS, 24 * HOUR_MS, 'backdated'],
    ['seconds, of which Vault backdates more than it grants', MINUTE_MS / 2, MINUTE_MS / 3, undefined],
    ['the clocks may differ by minutes', 5 * MINUTE_MS, MINUTE_MS, undefined],
    ['and by no more', 5 * MINUTE_MS + 1, MINUTE_MS, 'backdated'],
  ])('%s', (_, ageMs, leftMs, reason) => expect(aged(ageMs, leftMs)).toBe(reason))
})

describe('signatures', () => {
  test.each([
    ['ecdsa-with-SHA256', undefined],
    ['ecdsa-with-SHA512', undefined],
    ['sha256WithRSAEncryption', undefined],
    ['sha512WithRSAEncryption', undefined],
    ['rsassaPss', undefined],
    ['ED25519', undefined],
    ['ecdsa-with-SHA1', 'weak-signature'],
    ['sha1WithRSAEncryption', 'weak-signature'],
    ['md5WithRSAEncryption', 'weak-signature'],
  ])('%s', (algorithm, reason) => {
    expect(judge({ signatures: [{ subject: 'web', algorithm }] })?.reason).toBe(reason)
  })
})

/** Otherwise it would be issued anew at every run. */
test('what passes the judgement passes the renewal checks of the next run', () => {
  const material = certificate('web', { issuance: { issuerName: 'PrivSec Intermediate CA (prod)' } })
  const fresh = issued({ notBeforeMs: NOW_MS, notAfterMs: NOW_MS + HOUR_MS })
  expect(judge({ material, certificate: fresh })).toBeUndefined()
  const dueAtMs = dueAt(fresh, material.renewAt, 0.25, 0.999)
  const onDisk = facts({ leaf: { state: 'read', certificate: fresh } })
  const nextRun = { material, facts: onDisk, nowMs: NOW_MS + HOUR_MS / 4, dueAtMs, forced: false }
  expect(judgeRenewal(nextRun)).toBeUndefined()
})

/** As Vault issues it: its life began half a minute ago. */
function issued(changes: Parameters<typeof leaf>[0] = {}) {
  return leaf({ notBeforeMs: NOW_MS - 30_000, ...changes })
}

function judge({ malformed, material, currentNotAfterMs, nowMs, ...read }: Changes) {
  const sound: ReadAnswer = {
    ...{ state: 'read', certificate: issued(), keyMatches: true },
    ...{ signatures: [SOUND_SIGNATURE], chainFault: undefined },
  }
  return judgeIssued({
    material: material ?? certificate('web'),
    answer: malformed === undefined ? { ...sound, ...read } : { state: 'malformed', why: malformed },
    currentNotAfterMs,
    nowMs: nowMs ?? NOW_MS,
  })
}
