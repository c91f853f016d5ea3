/** Small values of the core's types, sound unless said otherwise: what a test names is what it is about. */

import type { EpochMs } from '../../../src/core/epoch-ms.ts'
import type {
  BundleFacts,
  CertificateFacts,
  FileFacts,
  KeysetOnDisk,
  MaterialFacts,
  Observation,
  PairFacts,
  PresentFile,
  SecretFacts,
} from '../../../src/core/facts.ts'
import { type FileRole, type FileSpec, PRIVATE_ROLES } from '../../../src/core/file-spec.ts'
import type { HostConfig } from '../../../src/core/host-config.ts'
import type { KeptSet } from '../../../src/core/kept-set.ts'
import {
  type Bundle,
  type Certificate,
  type Identity,
  type Issuance,
  isPaired,
  type Material,
  type MaterialId,
  type Paired,
  type Secret,
} from '../../../src/core/material.ts'
import { EMPTY_MEMORY, type FailureMemory, type RunMemory } from '../../../src/core/memory.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const NOW_MS = Date.parse('2026-06-01T12:00:00Z')

const ISSUANCE: Issuance = {
  pkiMount: 'pki-prod',
  role: 'web',
  commonName: 'web.int.privsec.ch',
  dnsNames: [],
  ipAddresses: [],
  uris: [],
  emails: [],
  subject: {},
  reuseKey: false,
  keyType: 'ec-p256',
  trustFile: '/etc/pki-root.pem',
}

type Changes<T extends Paired> = Partial<Omit<T, 'issuance'>> & { readonly issuance?: Partial<Issuance> }

export function identity(name: string, changes: Changes<Identity> = {}): Identity {
  return {
    kind: 'identity',
    id: `identity/${name}`,
    name,
    login: { authMount: 'cert', mapping: `agent-${name}` },
    mappingPins: 'authority',
    renewAt: { kind: 'fraction', of: 2 / 3 },
    ephemeral: false,
    server: {},
    layout: 'files',
    files: [fileSpec('key', name), fileSpec('cert', name)],
    reload: [],
    probes: [],
    onUnserved: 'keep',
    ...changes,
    issuance: { ...ISSUANCE, ...changes.issuance },
  }
}

/** Signed with the login of the identity `agent` unless another is named. */
export function certificate(name: string, changes: Changes<Certificate> = {}): Certificate {
  return {
    kind: 'certificate',
    id: `certificate/${name}`,
    name,
    identity: 'identity/agent',
    renewAt: { kind: 'fraction', of: 2 / 3 },
    ephemeral: false,
    server: {},
    layout: 'files',
    files: [fileSpec('key', name), fileSpec('fullchain', name)],
    reload: [],
    probes: [],
    onUnserved: 'keep',
    ...changes,
    issuance: { ...ISSUANCE, ...changes.issuance },
  }
}

export function fileSpec(role: FileRole, name: string): FileSpec {
  const self = { kind: 'self' } as const
  const mode = PRIVATE_ROLES.has(role) ? 0o600 : 0o644
  return { role, path: `/srv/${name}/${role}.pem`, mode, owner: self, group: self }
}

export function config(...materials: readonly Material[]): HostConfig {
  return {
    vault: { addresses: ['https://127.0.0.1:8200'], caFile: '/etc/vault-ca.pem', timeoutMs: 30_000 },
    renewal: {
      spread: 0,
      concurrency: 16,
      maxParallel: 1,
      runTimeoutMs: 600_000,
      lookEveryMs: 86_400_000,
      checkRevocation: false,
    },
    previous: { keep: 1, graceMs: 7 * DAY_MS, shred: true, revoke: 'no' },
    stateDir: '/var/lib/keyroller',
    runtimeDir: '/run/keyroller',
    notify: { timeoutMs: 10_000, limits: { perMaterial: 4, overall: 20 } },
    agentBinaries: [],
    credentials: [],
    podmanSocket: '/run/podman/podman.sock',
    materials,
  }
}

/** Facts of a sound certificate halfway through a life of 30 days: current, with spread 0. */
export function leaf(changes: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    serial: '4a11',
    fingerprint: 'f1'.repeat(32),
    notBeforeMs: NOW_MS - 15 * DAY_MS,
    notAfterMs: NOW_MS + 15 * DAY_MS,
    commonName: 'web.int.privsec.ch',
    subject: {},
    issuerName: 'PrivSec Intermediate CA (prod)',
    dnsNames: ['web.int.privsec.ch'],
    ipAddresses: [],
    uris: [],
    emails: [],
    otherNameKinds: [],
    keyType: 'ec-p256',
    isCa: false,
    extendedKeyUsages: [],
    ...changes,
  }
}

/** A leaf that has been due for a day. */
export function dueLeaf(changes: Partial<CertificateFacts> = {}): CertificateFacts {
  return leaf({ notBeforeMs: NOW_MS - 21 * DAY_MS, notAfterMs: NOW_MS + 9 * DAY_MS, ...changes })
}

export function facts(changes: Partial<PairFacts> = {}): PairFacts {
  return {
    kind: 'pair',
    files: [file('key'), file('fullchain')],
    key: { state: 'read' },
    leaf: { state: 'read', certificate: leaf() },
    keyMatches: true,
    chain: { state: 'trusted' },
    ...changes,
  }
}

/** Facts of a set whose certificate is due. */
export function dueFacts(): PairFacts {
  return facts({ leaf: { state: 'read', certificate: dueLeaf() } })
}

/** Facts of a material that was never issued. */
export function noFacts(): PairFacts {
  const missing = { state: 'missing', why: 'expected a file, found none' } as const
  return {
    kind: 'pair',
    files: [file('key'), file('fullchain')].map(absent),
    key: missing,
    leaf: missing,
    chain: { state: 'unknown' },
  }
}

export function file(role: FileRole, changes: Partial<PresentFile> = {}): PresentFile {
  const spec = fileSpec(role, 'web')
  const wanted = { state: 'resolved', uid: 0, gid: 0 } as const
  const owner = { uid: 0, gid: 0, wanted }
  return { spec, state: 'present', place: 'file', mode: spec.mode, ...owner, content: 'current', ...changes }
}

export function absent({ spec, wanted }: FileFacts): FileFacts {
  return { spec, state: 'missing', why: 'expected a file, found none', wanted }
}

/** Every material is current unless its facts are given. */
export function observation(
  { materials }: HostConfig,
  seen: { readonly [id: MaterialId]: MaterialFacts } = {},
  memory: Partial<RunMemory> = {},
  kept: readonly KeptSet[] = [],
): Observation {
  const all = materials.map((one): [MaterialId, MaterialFacts] => [one.id, seen[one.id] ?? soundFacts(one)])
  return { hostId: 'host-1', materials: new Map(all), memory: { ...EMPTY_MEMORY, ...memory }, kept }
}

function soundFacts(material: Material): MaterialFacts {
  if (isPaired(material)) return facts()
  switch (material.kind) {
    case 'bundle':
      return bundleFacts()
    case 'secret':
      return secretFacts()
    case 'keyset':
      return keysetFacts()
  }
}

/** Follows the mount `pki-prod` unless another source is given. */
export function bundle(name: string, changes: Partial<Bundle> = {}): Bundle {
  return {
    kind: 'bundle',
    id: `bundle/${name}`,
    name,
    source: { kind: 'mount', pkiMount: 'pki-prod', trustFile: '/etc/pki-root.pem' },
    ephemeral: false,
    layout: 'files',
    files: [fileSpec('ca', name)],
    reload: [],
    ...changes,
  }
}

/** An authority in the middle of ten years; its fingerprint is its name. */
export function authority(commonName: string, changes: Partial<CertificateFacts> = {}): CertificateFacts {
  const years = 1825 * DAY_MS
  const life = { notBeforeMs: NOW_MS - years, notAfterMs: NOW_MS + years }
  return leaf({ commonName, fingerprint: commonName, serial: commonName, isCa: true, ...life, ...changes })
}

export function bundleFacts(changes: Partial<BundleFacts> = {}): BundleFacts {
  return {
    kind: 'bundle',
    files: [file('ca')],
    installed: { state: 'read', authorities: [authority('ca'), authority('root')] },
    neededUntil: {},
    ...changes,
  }
}

/** Read with the login of the identity `agent` unless another is named; one env file. */
export function secret(name: string, changes: Partial<Secret> = {}): Secret {
  return {
    kind: 'secret',
    id: `secret/${name}`,
    name,
    identity: 'identity/agent',
    kvMount: 'secret',
    path: name,
    refreshEveryMs: HOUR_MS,
    ephemeral: false,
    layout: 'files',
    files: [{ ...fileSpec('env', name), quoting: 'shell' }],
    reload: [],
    ...changes,
  }
}

export function keysetFacts(...files: readonly FileFacts[]): KeysetOnDisk {
  return { kind: 'keyset', files: files.length > 0 ? files : [file('pem')] }
}

export function secretFacts(...files: readonly FileFacts[]): SecretFacts {
  return { kind: 'secret', files: files.length > 0 ? files : [file('env')] }
}

export function failure(changes: Partial<FailureMemory> = {}): FailureMemory {
  return {
    code: 'vault-unreachable',
    message: 'expected an answer, found ECONNREFUSED',
    hint: 'check [vault] address and that the server is up',
    count: 1,
    atMs: NOW_MS - 30_000,
    retryAtMs: NOW_MS + 30_000,
    ...changes,
  }
}

/** A moment within the life of every `leaf`. */
export function inHours(hours: number): EpochMs {
  return NOW_MS + hours * HOUR_MS
}
