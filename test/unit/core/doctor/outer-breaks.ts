/** The same of what stands around the host: podman, systemd, the server. */
import { DAY_MS, failure, HOUR_MS, NOW_MS } from '../builders.ts'
import type { Break } from './breaks.ts'
import { directory, ofAccount } from './sound-facts.ts'

const TRAP = {
  material: 'certificate/web',
  container: 'proxy',
  kind: 'file',
  found: 'it mounts it',
  fix: 'mount it',
} as const

export const OUTER_BREAKS: readonly Break[] = [
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
    'an account whose manager does not run',
    { facts: { consumers: [ofAccount(false, 'found ENOENT')] } },
    'reached',
    'fail',
    'loginctl enable-linger app',
  ],
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
