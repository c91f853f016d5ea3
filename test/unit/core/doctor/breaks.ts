/** One thing broken, the one check that must say so, how grave it is, and a word of what it says. */
import type { CheckId } from '../../../../src/core/doctor/checks.ts'
import type { Severity } from '../../../../src/core/doctor/finding.ts'
import {
  authority,
  certificate,
  config,
  DAY_MS,
  facts,
  failure,
  file,
  fileSpec,
  NOW_MS,
  observation,
} from '../builders.ts'
import { owed } from '../consumer-builders.ts'
import { type Changes, directory } from './sound-facts.ts'

const GUARDED = { path: '/srv/ca.pem', guarded: false }
const web = certificate('web')
const seen = (key: ReturnType<typeof file>) => observation(config(web), { [web.id]: facts({ files: [key] }) })
const openSpec = { ...fileSpec('key', 'web'), mode: 0o644 }
const dying = (role: 'anchor' | 'issuer', days: number) => ({
  host: {
    authorities: [
      { subject: web.id, role, certificates: [authority('ca', { notAfterMs: NOW_MS + days * DAY_MS })] },
    ],
  },
})

/** Of what the host itself holds. */
export const HOST_BREAKS: readonly Break[] = [
  [
    'a configuration with a problem',
    { facts: { configuration: { problems: [{ subject: 'a.toml', expected: 'a', found: 'b' }] } } },
    'config',
    'fail',
    'config check',
  ],
  [
    'a trust file in a directory of an app',
    { host: { trusted: [GUARDED] } },
    'config-guarded',
    'warn',
    '/srv/ca.pem',
  ],
  [
    'a key that everybody may read',
    { host: { observation: seen(file('key', { mode: 0o644 })) } },
    'key-modes',
    'fail',
    '0644',
  ],
  [
    'a key that is configured so',
    { host: { observation: seen(file('key', { spec: openSpec })) } },
    'key-modes',
    'fail',
    'as the configuration asks',
  ],
  [
    'a directory of keys open to all',
    { host: { directories: [{ ...directory('/home/x'), mode: 0o777 }] } },
    'key-directories',
    'fail',
    'chmod o-w /home/x',
  ],
  [
    'a sticky one',
    {
      host: { directories: [{ ...directory('/var/lib/x'), mode: 0o1777 }] },
      sandbox: { readWrite: ['/var/lib/x'] },
    },
    'key-directories',
    'fail',
    '1777',
  ],
  [
    'little space',
    { host: { directories: [{ ...directory('/home/x'), freeBytes: 2 ** 24 }] } },
    'disk-space',
    'warn',
    '16384 KiB free',
  ],
  [
    'no space',
    { host: { directories: [{ ...directory('/home/x'), freeBytes: 4096 }] } },
    'disk-space',
    'fail',
    '4 KiB free',
  ],
  [
    'few inodes',
    { host: { directories: [{ ...directory('/home/x'), freeInodes: 500 }] } },
    'inodes',
    'warn',
    '500 free',
  ],
  [
    'no inodes',
    { host: { directories: [{ ...directory('/home/x'), freeInodes: 3 }] } },
    'inodes',
    'fail',
    '3 free',
  ],
  ['a switch cut off', { host: { interrupted: true } }, 'interrupted', 'warn', 'keyroller recover'],
  [
    'a file that strayed',
    { web: { installed: { state: 'no', reason: 'because', message: 'mode 0644' } } },
    'installed',
    'warn',
    'keyroller renew',
  ],
  [
    'a certificate long due',
    { web: { dueAtMs: NOW_MS - 9 * DAY_MS, notAfterMs: NOW_MS + DAY_MS } },
    'overdue',
    'warn',
    '1d left',
  ],
  [
    'an expired certificate',
    { web: { dueAtMs: NOW_MS - 9 * DAY_MS, notAfterMs: NOW_MS - DAY_MS } },
    'overdue',
    'fail',
    'expired 1d ago',
  ],
  ['an anchor near its end', dying('anchor', 59), 'authority-end', 'warn', 'the end at'],
  ['an expired anchor', dying('anchor', -1), 'authority-end', 'fail', 'the end at'],
  ['an issuer that ends before the next certificate', dying('issuer', 59), 'issuer-end', 'warn', '60d'],
  ['a failure', { web: { failure: failure() } }, 'backing-off', 'fail', 'vault-unreachable'],
  [
    'a consumer untold',
    { web: { owed: [owed('podman:proxy', [web.id], { message: 'it is down' })] } },
    'owed',
    'fail',
    'owed for 1h, after one try: it is down',
  ],
  [
    'an old certificate served',
    { web: { served: { state: 'no', reason: 'because', message: 'serial 1' } } },
    'unserved',
    'fail',
    'serial 1',
  ],
  [
    'a peer that was not verified',
    { web: { verified: { state: 'no', reason: 'because', message: 'no SPIFFE id' } } },
    'unverified',
    'warn',
    'no SPIFFE id',
  ],
]

/** What is changed, the check, its severity, and a word of the line. */
export type Break = readonly [string, Changes, CheckId, Exclude<Severity, 'ok'>, string]
