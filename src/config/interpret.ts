/** From the configuration as written to the one everything else reads: defaults filled in, references and twins checked. */
import { basename, dirname, join } from 'node:path'
import { fileKey } from '../core/file-spec.ts'
import type { HostConfig, VaultConfig } from '../core/host-config.ts'
import { type Issuance, isPaired, isPushable, type Material, type RenewAt } from '../core/material.ts'
import { interpretBundle } from './bundle-schema.ts'
import { interpretCredentials } from './credential-schema.ts'
import { type Environment, readVaultEnvironment } from './environment.ts'
import { interpretFleet } from './fleet-schema.ts'
import { durationMs, oneSpelling, parseFraction } from './formats.ts'
import { interpretFiles } from './interpret-files.ts'
import { interpretKeyset } from './interpret-keyset.ts'
import { interpretOnUnserved, interpretProbes } from './interpret-probe.ts'
import { interpretServer } from './interpret-server.ts'
import type { WrittenMaterial } from './material-schema.ts'
import { interpretNotify } from './notify-schema.ts'
import type { Problem, Report } from './problem.ts'
import { interpretReload } from './reload-target.ts'
import type { WrittenConfig } from './schema.ts'
import { interpretSecret } from './secret-schema.ts'
import { interpretSubject } from './subject-schema.ts'
import { reportUnequalTargets } from './unequal-targets.ts'
import { interpretWindows } from './window-schema.ts'

export interface Surroundings {
  readonly env: Environment
  readonly uid: number
  readonly fileOf: (path: readonly PropertyKey[]) => string
  /** Also of identities that were left out for a fault of their own. */
  readonly identityNames: ReadonlySet<string>
}

/** The checked configuration, and every problem that shows only across keys. With problems, the config must not be used. */
export function interpret(
  written: WrittenConfig,
  around: Surroundings,
): { config: HostConfig; problems: Problem[] } {
  const problems: Problem[] = []
  const report: Report = (path, expected, found) =>
    problems.push({ file: around.fileOf(path), at: path.join('.'), expected, found })

  const materials = interpretMaterials(written, around, report)
  reportAcross(materials, around, report)
  const config: HostConfig = {
    vault: interpretVault(written, around, report, problems),
    renewal: interpretRenewal(written),
    previous: {
      keep: written.previous.keep,
      graceMs: durationMs(written.previous.grace),
      shred: written.previous.shred,
      revoke: written.previous.revoke,
    },
    ...directories(written, around),
    ...(written.metrics.textfile === undefined ? {} : { metricsFile: written.metrics.textfile }),
    notify: interpretNotify(written.notify, report),
    agentBinaries: written.agents.binaries,
    ...interpretFleet(
      written.fleet,
      { materials, kvMount: written.kv.mount, trustFile: written.pki.trust_file },
      report,
    ),
    materials,
    credentials: interpretCredentials(written.credential, materials, report),
  }
  return { config, problems }
}

function interpretMaterials(written: WrittenConfig, around: Surroundings, report: Report): Material[] {
  return [
    ...Object.entries(written.identity).map(([name, one]): Material => {
      const login = { authMount: one.auth_mount, mapping: one.mapping }
      return {
        kind: 'identity',
        id: `identity/${name}`,
        login,
        mappingPins: one.mapping_pins,
        ...common('identity', name, one, written, report),
      }
    }),
    ...Object.entries(written.certificate).map(([name, one]): Material => {
      reportStranger(['certificate', name], one.identity, around, report)
      const identity = `identity/${one.identity}` as const
      return {
        kind: 'certificate',
        id: `certificate/${name}`,
        identity,
        ...(one.inbox === undefined ? {} : { inbox: one.inbox }),
        ...common('certificate', name, one, written, report),
      }
    }),
    ...Object.entries(written.bundle).map(([name, one]) => interpretBundle(name, one, written.pki, report)),
    ...Object.entries(written.secret).map(([name, one]) => {
      reportStranger(['secret', name], one.identity, around, report)
      return interpretSecret(name, one, written.kv.mount)
    }),
    ...Object.entries(written.keyset).map(([name, one]) => {
      if (one.shared) reportStranger(['keyset', name, 'shared'], one.shared.identity, around, report)
      return interpretKeyset(name, one, written.kv.mount, report)
    }),
  ]
}

function reportStranger(at: string[], identity: string, { identityNames }: Surroundings, report: Report) {
  if (identityNames.has(identity)) return
  report([...at, 'identity'], 'the name of a configured identity', JSON.stringify(identity))
}

function common(kind: string, name: string, one: WrittenMaterial, written: WrittenConfig, report: Report) {
  const windows = interpretWindows(one.windows ?? written.renewal.windows, written.renewal.window_floor)
  return {
    name,
    issuance: interpretIssuance([kind, name], one, written, report),
    renewAt: interpretRenewAt(one.renew_at ?? written.renewal.renew_at),
    ...(windows ? { windows } : {}),
    ephemeral: one.ephemeral,
    files: interpretFiles([kind, name, 'files'], one, report),
    layout: one.layout,
    reload: one.reload.map(interpretReload),
    server: interpretServer(one.server),
    probes: interpretProbes([kind, name], one, report),
    onUnserved: interpretOnUnserved([kind, name], one, written.previous, report),
  }
}

function interpretIssuance(
  at: string[],
  one: WrittenMaterial,
  written: WrittenConfig,
  report: Report,
): Issuance {
  const pkiMount = one.pki_mount ?? written.pki.mount
  const trustFile = one.trust_file ?? written.pki.trust_file
  if (pkiMount === undefined) report([...at, 'pki_mount'], 'it here or as [pki] mount', 'neither')
  if (trustFile === undefined) report([...at, 'trust_file'], 'it here or as [pki] trust_file', 'neither')
  return {
    pkiMount: pkiMount ?? '',
    role: one.role,
    commonName: one.common_name,
    dnsNames: one.dns_names,
    ipAddresses: one.ip_addresses.map(oneSpelling),
    uris: one.uris,
    emails: one.emails,
    subject: interpretSubject(one.subject),
    keyType: one.key_type,
    reuseKey: one.reuse_key,
    trustFile: trustFile ?? '',
    ...(one.issuer_name === undefined ? {} : { issuerName: one.issuer_name }),
    ...(one.ttl === undefined ? {} : { ttlMs: durationMs(one.ttl) }),
  }
}

function interpretRenewAt(text: string): RenewAt {
  const fraction = parseFraction(text)
  return fraction === undefined
    ? { kind: 'remaining', ms: durationMs(text) }
    : { kind: 'fraction', of: fraction }
}

/** What shows only between materials. */
function reportAcross(materials: readonly Material[], around: Surroundings, report: Report): void {
  reportSharedPaths(materials, report)
  reportScattered(materials, report)
  reportOwnNames(materials, report)
  reportClients(materials, around, report)
  reportUnequalTargets(materials, report)
  reportSharedInboxes(materials, report)
}

/** Two files at one path would take turns for ever: each run sees the other's bytes as drift. */
function reportSharedPaths(materials: readonly Material[], report: Report): void {
  const seen = new Map<string, string>()
  for (const { kind, name, files } of materials) {
    for (const file of files) {
      const { path } = file
      const at = [kind, name, 'files', fileKey(file)]
      const earlier = seen.get(path)
      if (earlier !== undefined) report(at, 'a path of its own', `${path}, which is also ${earlier}`)
      else seen.set(path, at.join('.'))
    }
  }
}

/** A push for one of two would be refused as one for the other. */
function reportSharedInboxes(materials: readonly Material[], report: Report): void {
  const seen = new Map<string, string>()
  for (const { kind, name, inbox } of materials.filter(isPushable)) {
    const earlier = seen.get(inbox)
    if (earlier === undefined) seen.set(inbox, `${kind}.${name}.inbox`)
    else report([kind, name, 'inbox'], 'a directory of its own', `${inbox}, which is also ${earlier}`)
  }
}

/** One link can switch only what lies beside it. */
function reportScattered(materials: readonly Material[], report: Report): void {
  for (const { kind, name, layout, files } of materials) {
    if (layout !== 'generation') continue
    const [first] = files.map(({ path }) => dirname(path))
    for (const file of files) {
      const { path } = file
      const at = [kind, name, 'files', fileKey(file)]
      if (dirname(path) !== first) report(at, `a path in ${first}, for the layout generation`, path)
    }
  }
}

/** A name like keyroller's own would be taken for a link or a leftover of its own, and swept. */
function reportOwnNames(materials: readonly Material[], report: Report): void {
  for (const { kind, name, files } of materials) {
    for (const file of files) {
      const { path } = file
      if (basename(path).startsWith('.keyroller-'))
        report([kind, name, 'files', fileKey(file)], 'a name that does not begin with .keyroller-', path)
    }
  }
}

function interpretRenewal({ renewal }: WrittenConfig): HostConfig['renewal'] {
  return {
    spread: parseFraction(renewal.spread) ?? 0,
    concurrency: renewal.concurrency,
    maxParallel: renewal.max_parallel,
    runTimeoutMs: durationMs(renewal.run_timeout),
    lookEveryMs: durationMs(renewal.look_every),
    checkRevocation: renewal.check_revocation,
  }
}

/** Whose certificate a probe presents must be a material that has one. */
function reportClients(
  materials: readonly Material[],
  { identityNames }: Surroundings,
  report: Report,
): void {
  const known = new Set([
    ...materials.map(({ id }) => id),
    ...[...identityNames].map((name) => `identity/${name}`),
  ])
  for (const { kind, name, probes } of materials.filter(isPaired)) {
    for (const probe of probes) {
      const client = probe.kind === 'tls' ? probe.client : undefined
      if (client && 'material' in client && !known.has(client.material))
        report([kind, name, 'probe', 'client'], 'a configured identity or certificate', client.material)
    }
  }
}

function interpretVault(
  written: WrittenConfig,
  { env }: Surroundings,
  report: Report,
  problems: Problem[],
): VaultConfig {
  const { said, problems: unfit } = readVaultEnvironment(env)
  problems.push(...unfit)
  const address = said.address ?? written.vault.address
  const caFile = said.caFile ?? written.vault.ca_file
  const serverName = said.serverName ?? written.vault.server_name
  const namespace = said.namespace ?? written.vault.namespace
  if (address === undefined) report(['vault', 'address'], 'it here or in VAULT_ADDR', 'neither')
  if (caFile === undefined) report(['vault', 'ca_file'], 'it here or in VAULT_CACERT', 'neither')
  return {
    addresses: [address ?? []].flat().map((one) => one.replace(/\/$/, '')),
    caFile: caFile ?? '',
    timeoutMs: durationMs(written.vault.timeout),
    ...(serverName === undefined ? {} : { serverName }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}

/** Root has the system's directories; a user has those of the XDG base directory specification. */
function directories(written: WrittenConfig, { env, uid }: Surroundings) {
  const home = env.HOME ?? '/nonexistent'
  const runtime = env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`
  const own =
    uid === 0 ? '/var/lib/keyroller' : join(env.XDG_STATE_HOME ?? join(home, '.local/state'), 'keyroller')
  return {
    stateDir: written.host.state_dir ?? own,
    runtimeDir: written.host.runtime_dir ?? (uid === 0 ? '/run/keyroller' : join(runtime, 'keyroller')),
    podmanSocket:
      written.podman.socket ?? (uid === 0 ? '/run/podman/podman.sock' : join(runtime, 'podman/podman.sock')),
  }
}
