import { expect, test } from 'vitest'
import { KEY_KINDS } from '../../../../src/core/keysets/document.ts'
import { type KeysetPolicy, KIND_DEFAULTS, policyProblems } from '../../../../src/core/keysets/policy.ts'
import { DAY_MS } from '../builders.ts'
import { QUARTERLY } from './life.ts'

test('a quarterly rotation has no problems, nor has one at every bound', () => {
  expect(policyProblems(QUARTERLY)).toEqual([])
  const bounds = { publishAheadMs: QUARTERLY.rotateEveryMs - 1, leaveHostsAfterMs: 1000 }
  expect(policyProblems({ ...QUARTERLY, ...bounds })).toEqual([])
})

test.each<[string, Partial<KeysetPolicy>, string[]]>([
  [
    'known for as long as the one before is in use',
    { publishAheadMs: 90 * DAY_MS },
    ['publish_ahead: expected less than rotate_every (90d), found 90d'],
  ],
  [
    'accepted for less than a token lives',
    { acceptForMs: 29 * DAY_MS },
    ['accept_for: expected at least longest_lifetime (30d), found 29d'],
  ],
  [
    'both',
    { publishAheadMs: 91 * DAY_MS, acceptForMs: 1000 },
    [
      'publish_ahead: expected less than rotate_every (90d), found 91d',
      'accept_for: expected at least longest_lifetime (30d), found 1s',
    ],
  ],
  [
    'durations that are none, and nothing more is said of them',
    { rotateEveryMs: 0, acceptForMs: Number.NaN, leaveHostsAfterMs: 40_000 * DAY_MS },
    [
      'rotate_every: expected 1s to 36500d, found 0ms',
      'accept_for: expected 1s to 36500d, found NaNms',
      'leave_hosts_after: expected 1s to 36500d, found 40000d',
    ],
  ],
])('%s', (_, changes, expected) => {
  const problems = policyProblems({ ...QUARTERLY, ...changes })
  expect(problems.map(({ key, expected, found }) => `${key}: expected ${expected}, found ${found}`)).toEqual(
    expected,
  )
})

test('identity keys die after the grace, data keys stay for decrypting under hold, and nothing that decrypts is destroyed unasked', () => {
  const ends = KEY_KINDS.map((kind) =>
    [kind, KIND_DEFAULTS[kind].atEnd, KIND_DEFAULTS[kind].underHold].join(' '),
  )
  expect(ends).toEqual([
    'ec-p256 archive retire',
    'ec-p384 archive retire',
    'ec-p521 archive retire',
    'rsa-2048 archive retire',
    'rsa-3072 archive retire',
    'rsa-4096 archive retire',
    'ed25519 archive retire',
    'aes-256 archive accept',
    'hmac-256 destroy retire',
    'hmac-384 destroy retire',
    'hmac-512 destroy retire',
    'raw archive accept',
  ])
})
