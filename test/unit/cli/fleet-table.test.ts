import { expect, test } from 'vitest'
import { fleetLines } from '../../../src/cli/fleet-table.ts'
import { reportFleet, reportHost } from '../../../src/core/fleet/host-report.ts'
import { paint } from '../../../src/report/paint.ts'
import { AT_MS, fleetCard, HOST } from '../core/fleet/cards.ts'

test('a line a host, what was found, and how many are how', () => {
  const owing = fleetCard({
    ready: false,
    owed: 1,
    reached: { issued: 2, installed: 2, loaded: 1, served: 2, verified: 2 },
    skew: [
      { subject: 'keyroller', version: '0.1.0', verdict: 'same' },
      { subject: '/usr/bin/vault', version: '1.18.0', verdict: 'minor' },
    ],
  })
  const hosts = [
    reportHost(HOST, fleetCard(), [], true),
    reportHost('web2', owing, [], true),
    reportHost(
      'web3',
      undefined,
      [{ reason: 'unreadable', message: 'expected a signed card, found none' }],
      true,
    ),
  ]
  expect(fleetLines(reportFleet(hosts), AT_MS + 60_000, paint(false))).toEqual([
    'HOST              STATE       SEEN  KEYROLLER  SERVER  SKEW   READY  OWED  ENDS',
    'web1.example.org  ready       1m    0.1.0      1.21.1  same   2/2    0     23h59m',
    'web2              not-ready   1m    0.1.0      1.21.1  minor  1/2    1     23h59m',
    'web3              unverified  -     -          -       -      -      -     -',
    '',
    'web3: unreadable: expected a signed card, found none',
    '',
    '1 unverified, 1 not-ready, 1 ready',
  ])
})

test('a fleet that nobody belongs to yet', () => {
  expect(fleetLines(reportFleet([]), AT_MS, paint(false))).toEqual(['no cards'])
})
