/** The configuration of a test host as a plain table, in the words of packaging/keyroller.example.toml. */
import type { AppPaths } from './host-paths.ts'
import { AUTH_MOUNT, appNames, ISSUER_NAME, PKI_MOUNT } from './pki.ts'
import type { VaultEndpoint } from './vault-admin.ts'

export interface HostApp {
  readonly name: string
  /** Numeric owner and group of all its files; unset where the host is not run by root. */
  readonly uid?: number
  readonly reload: readonly ReloadEntry[]
  readonly probe?: { readonly connect: string; readonly server_name: string }
  /** Asked lifetime of the login certificate; default `30d`. */
  readonly identityTtl?: string
  /** Asked lifetime of the leaf; default `24h`. */
  readonly leafTtl?: string
}

export type ReloadEntry = string | { readonly [key: string]: string | readonly string[] }

export interface ConfigOptions {
  readonly vault: VaultEndpoint
  readonly trustFile: string
  readonly stateDir: string
  readonly runtimeDir: string
  readonly podmanSocket?: string
  readonly apps: readonly HostApp[]
  readonly pathsOf: (app: string) => AppPaths
}

export type ConfigTable = { [key: string]: unknown }

export function hostConfig(options: ConfigOptions): Record<string, ConfigTable> {
  const { apps, pathsOf } = options
  return {
    vault: { address: options.vault.address, ca_file: options.vault.caFile, timeout: '10s' },
    pki: { mount: PKI_MOUNT, trust_file: options.trustFile },
    host: { state_dir: options.stateDir, runtime_dir: options.runtimeDir },
    ...(options.podmanSocket === undefined ? {} : { podman: { socket: options.podmanSocket } }),
    identity: Object.fromEntries(apps.map((app) => [app.name, identityTable(app, pathsOf(app.name))])),
    certificate: Object.fromEntries(apps.map((app) => [app.name, certificateTable(app, pathsOf(app.name))])),
  }
}

function identityTable(app: HostApp, paths: AppPaths): ConfigTable {
  const names = appNames(app.name)
  return {
    auth_mount: AUTH_MOUNT,
    mapping: names.mapping,
    role: names.identityRole,
    common_name: names.commonName,
    ttl: app.identityTtl ?? '30d',
    ...ownership(app),
    files: { key: paths.agentKey, cert: paths.agentCert, ca: paths.agentCa },
  }
}

function certificateTable(app: HostApp, paths: AppPaths): ConfigTable {
  const names = appNames(app.name)
  return {
    identity: app.name,
    role: names.leafRole,
    common_name: names.leafName,
    issuer_name: ISSUER_NAME,
    ttl: app.leafTtl ?? '24h',
    ...ownership(app),
    reload: app.reload,
    ...(app.probe === undefined ? {} : { probe: app.probe }),
    files: {
      key: { path: paths.leafKey, mode: '0600' },
      fullchain: { path: paths.fullchain, mode: '0644' },
    },
  }
}

function ownership(app: HostApp): ConfigTable {
  return app.uid === undefined ? {} : { owner: app.uid, group: app.uid }
}
