/** A host in a folder: one identity and one certificate of it, two files each, and a consumer for the certificate. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ReloadTarget } from '../../../src/core/consumers/target.ts'
import type { FileRole, FileSpec } from '../../../src/core/file-spec.ts'
import type { HostConfig } from '../../../src/core/host-config.ts'
import type { Certificate, Identity } from '../../../src/core/material.ts'
import type { Host } from '../../../src/run/host.ts'

export interface SmallHost {
  readonly config: HostConfig
  readonly host: Host
  readonly identity: Identity
  readonly certificate: Certificate
}

export const CONSUMER: ReloadTarget = {
  kind: 'exec',
  text: 'exec:/bin/true',
  argv: ['/bin/true'],
  timeoutMs: 1000,
}

/** `root` must be there; the homes below it are made. The trust file is `root/ca.pem`, which nobody writes here. */
export function smallHost(root: string, nowMs: number = Date.now()): SmallHost {
  for (const home of ['agent', 'app']) mkdirSync(join(root, home), { recursive: true })
  const issuance = {
    pkiMount: 'pki-prod',
    role: 'app',
    dnsNames: [],
    ipAddresses: [],
    uris: [],
    emails: [],
    subject: {},
    reuseKey: false,
    keyType: 'ec-p256',
    trustFile: join(root, 'ca.pem'),
  } as const
  const renewAt = { kind: 'fraction', of: 2 / 3 } as const
  const identity: Identity = {
    id: 'identity/app',
    name: 'app',
    kind: 'identity',
    login: { authMount: 'cert', mapping: 'agent-app' },
    mappingPins: 'authority',
    issuance: { ...issuance, commonName: 'agent-app.example' },
    renewAt,
    ephemeral: false,
    server: {},
    layout: 'files',
    files: [file('key', join(root, 'agent/key.pem')), file('cert', join(root, 'agent/cert.pem'))],
    reload: [],
    probes: [],
    onUnserved: 'keep',
  }
  const certificate: Certificate = {
    id: 'certificate/app',
    name: 'app',
    kind: 'certificate',
    identity: identity.id,
    issuance: { ...issuance, commonName: 'app.example' },
    renewAt,
    ephemeral: false,
    server: {},
    layout: 'files',
    files: [file('key', join(root, 'app/key.pem')), file('fullchain', join(root, 'app/fullchain.pem'))],
    reload: [CONSUMER],
    probes: [],
    onUnserved: 'keep',
  }
  const config: HostConfig = {
    vault: { addresses: ['https://127.0.0.1:9'], caFile: join(root, 'ca.pem'), timeoutMs: 1000 },
    renewal: {
      spread: 0.05,
      concurrency: 4,
      maxParallel: 1,
      runTimeoutMs: 60_000,
      lookEveryMs: 86_400_000,
      checkRevocation: false,
    },
    previous: { keep: 1, graceMs: 7 * 86_400_000, shred: true, revoke: 'no' },
    stateDir: join(root, 'state'),
    runtimeDir: join(root, 'run'),
    notify: { timeoutMs: 10_000, limits: { perMaterial: 4, overall: 20 } },
    agentBinaries: [],
    credentials: [],
    podmanSocket: '/nonexistent/podman.sock',
    materials: [identity, certificate],
  }
  const host: Host = {
    hostId: 'host',
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    env: {},
    version: '0.0.0-test',
    nodeVersion: process.version,
    clock: () => nowMs,
  }
  return { config, host, identity, certificate }
}

export function file(role: FileRole, path: string): FileSpec {
  const self = { kind: 'self' } as const
  return { role, path, mode: role === 'key' ? 0o600 : 0o644, owner: self, group: self }
}
