import { describe, expect, test } from 'vitest'
import { type CheckId, DOCTOR_CHECKS, diagnose } from '../../../../src/core/doctor/checks.ts'
import type { Severity } from '../../../../src/core/doctor/finding.ts'
import {
  absent,
  authority,
  certificate,
  config,
  DAY_MS,
  facts,
  failure,
  file,
  fileSpec,
  HOUR_MS,
  NOW_MS,
  observation,
  owed,
} from '../builders.ts'
import { type Changes, directory, soundFacts } from './sound-facts.ts'

const GUARDED = { path: '/srv/ca.pem', guarded: false }
const web = certificate('web')
const seen = (key: ReturnType<typeof file>) => observation(config(web), { [web.id]: facts({ files: [key] }) })
const openSpec = { ...fileSpec('key', 'web'), mode: 0o644 }
const TRAP = {
  material: web.id,
  container: 'proxy',
  kind: 'file',
  found: 'it mounts it',
  fix: 'mount it',
} as const
const dying = (role: 'anchor' | 'issuer', days: number) => ({
  host: {
    authorities: [
      { subject: web.id, role, certificates: [authority('ca', { notAfterMs: NOW_MS + days * DAY_MS })] },
    ],
  },
})

/** One thing broken, the one check that must say so, how grave it is, and a word of what it says. */
const BREAKS: readonly [string, Changes, CheckId, Exclude<Severity, 'ok'>, string][] = [
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
    { web: { installed: { state: 'no', message: 'mode 0644' } } },
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
    { web: { served: { state: 'no', message: 'serial 1' } } },
    'unserved',
    'fail',
    'serial 1',
  ],
  [
    'a peer that was not verified',
    { web: { verified: { state: 'no', message: 'no SPIFFE id' } } },
    'unverified',
    'warn',
    'no SPIFFE id',
  ],
  [
    'podman without a socket',
    { containers: { refusal: 'ENOENT' } },
    'podman',
    'fail',
    'enable --now podman.socket',
  ],
  [
    'podman that is not installed',
    {
      containers: { refusal: 'ENOENT' },
      systemd: { podmanSocket: { loadState: 'not-found', fileState: '' } },
    },
    'podman',
    'fail',
    'install podman',
  ],
  [
    'a podman that is gone after a reboot',
    { systemd: { podmanSocket: { loadState: 'loaded', fileState: 'disabled' } } },
    'podman',
    'warn',
    'systemctl enable podman.socket',
  ],
  [
    'a socket of somebody else',
    { containers: { refusal: 'EACCES' } },
    'podman',
    'fail',
    'a user who may use',
  ],
  ['a podman that hangs', { containers: { unseen: 'no answer' } }, 'podman', 'fail', 'no answer'],
  ['a file mounted by itself', { containers: { traps: [TRAP] } }, 'mounts', 'fail', 'mount it'],
  [
    'no systemd, and a unit to reload',
    { facts: { systemd: { silence: 'ENOENT', units: [] } } },
    'systemd',
    'fail',
    'ENOENT',
  ],
  [
    'a unit that is not there',
    { unit: { loadState: 'not-found', activeState: 'inactive' } },
    'unit-loaded',
    'fail',
    'correct reload',
  ],
  [
    'a masked unit',
    { unit: { loadState: 'masked', activeState: 'inactive' } },
    'unit-masked',
    'fail',
    'systemctl unmask',
  ],
  ['a unit without ExecReload=', { unit: { canReload: false } }, 'unit-reload', 'fail', 'ExecReload='],
  ['a unit that is down', { unit: { activeState: 'failed' } }, 'unit-active', 'fail', 'systemctl start'],
  [
    'a timer that is not there',
    { timer: { loadState: 'not-found', fileState: '' } },
    'timer-enabled',
    'fail',
    'install the package',
  ],
  ['a disabled timer', { timer: { fileState: 'disabled' } }, 'timer-enabled', 'fail', 'enable --now'],
  ['a masked timer', { timer: { fileState: 'masked' } }, 'timer-enabled', 'fail', 'unmask'],
  ['a stopped timer', { timer: { activeState: 'inactive' } }, 'timer-active', 'fail', 'systemctl start'],
  ['a timer that leaves two tries', { timer: { periodMs: 4 * DAY_MS } }, 'timer-period', 'warn', 'every 4d'],
  [
    'a timer slower than the certificates',
    { timer: { periodMs: 11 * DAY_MS } },
    'timer-period',
    'fail',
    'every 11d',
  ],
  ['a failed run', { service: { result: 'exit-code', exitStatus: 9 } }, 'last-run', 'fail', 'exit code 9'],
  [
    'no run for hours',
    { service: { lastRunMs: NOW_MS - HOUR_MS } },
    'last-run',
    'fail',
    'the last one 1h ago',
  ],
  ['a unit that ends runs first', { service: { startTimeoutMs: 600_000 } }, 'run-timeout', 'warn', '10m'],
  [
    'changes that systemd has not read',
    { service: { needsReload: true } },
    'unit-stale',
    'warn',
    'daemon-reload',
  ],
  [
    'a directory outside of the sandbox',
    { host: { directories: [directory('/etc/nginx/tls')] } },
    'sandbox',
    'fail',
    'ReadWritePaths=/etc/nginx/tls',
  ],
  [
    'homes that are hidden',
    { sandbox: { protectHome: 'yes' } },
    'sandbox',
    'fail',
    'BindPaths=/home/web/tls',
  ],
  [
    'a user who does not linger',
    { facts: { users: [{ name: 'web', lingers: false }] } },
    'linger',
    'fail',
    'enable-linger web',
  ],
  [
    'a sealed server',
    { server: { fault: failure({ code: 'vault-sealed', hint: 'unseal it' }) } },
    'vault',
    'fail',
    'unseal it',
  ],
  ['a clock a little behind', { server: { offsetMs: 9000 } }, 'clock', 'warn', 'it 9s behind'],
  ['a clock far ahead', { server: { offsetMs: -90_000 } }, 'clock', 'fail', 'it 1m30s ahead'],
  [
    'a login that is refused',
    { server: { logins: [{ subject: 'identity/agent', message: 'refused', fault: 'login-refused' }] } },
    'login',
    'fail',
    'read the mapping',
  ],
  [
    'a policy that is gone',
    { server: { serverSide: [{ subject: 'identity/agent', state: 'drift', message: 'no policy' }] } },
    'server-side',
    'fail',
    'vault plan',
  ],
  [
    'an agent of another minor version',
    {
      facts: {
        skew: [
          { subject: '/usr/bin/vault', version: '1.20.4', verdict: 'minor', message: 'server is 1.21.1' },
        ],
      },
    },
    'skew',
    'warn',
    '1.20.4, minor',
  ],
]

test('a sound host: every check is ok, in the order of the table', () => {
  const found = diagnose(soundFacts())
  expect(found.filter(({ severity }) => severity !== 'ok')).toEqual([])
  expect(found.map(({ id }) => id)).toEqual(DOCTOR_CHECKS.map(({ id }) => id))
})

describe('one thing broken, one line that is not ok', () => {
  test.each(BREAKS)('%s', (_, changes, id, severity, word) => {
    const found = diagnose(soundFacts(changes)).filter((one) => one.severity !== 'ok')
    expect(new Set(found.map((one) => `${one.id} ${one.severity}`))).toEqual(new Set([`${id} ${severity}`]))
    expect(JSON.stringify(found)).toContain(word)
    expect(found[0]?.fix).toMatch(/\S/)
  })

  test('every check is broken once', () => {
    const broken = new Set(BREAKS.map(([, , id]) => id))
    expect(DOCTOR_CHECKS.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([])
  })
})

test('an identity without a pair is enrolled', () => {
  const next = { action: 'hold', reason: 'not-enrolled', message: 'no pair' } as const
  const installed = { state: 'no', message: 'missing' } as const
  const found = diagnose(soundFacts({ web: { next, installed } })).find(({ id }) => id === 'installed')
  expect(found).toMatchObject({ severity: 'fail', fix: expect.stringContaining('keyroller enroll') })
})

test('what is not there or not asked about is not judged', () => {
  const { nowMs, uid, configuration } = soundFacts()
  expect(diagnose({ nowMs, uid, configuration }).map(({ id }) => id)).toEqual(['config'])
  const uncounted = [{ path: '/srv', mode: 0o700, holdsKeys: false, freeBytes: 2 ** 30 }]
  const ids = diagnose(soundFacts({ host: { directories: uncounted } })).map(({ id }) => id)
  expect(ids).not.toContain('inodes')
})

test('a key that is not there has no mode; a unit that is told by a restart needs no ExecReload=', () => {
  const missing = observation(config(web), { [web.id]: facts({ files: [absent(file('key'))] }) })
  const found = diagnose(
    soundFacts({ host: { observation: missing }, unit: { canReload: false, restarts: true } }),
  )
  expect(found.filter(({ severity }) => severity !== 'ok')).toEqual([])
})

test('a host without systemd that tells no unit is only warned', () => {
  const host = { config: config(web) }
  const found = diagnose(soundFacts({ host, facts: { systemd: { silence: 'ENOENT', units: [] } } }))
  expect(found.filter(({ severity }) => severity !== 'ok')).toMatchObject([
    { id: 'systemd', severity: 'warn' },
  ])
})
