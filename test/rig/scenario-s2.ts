/** Scenario S2 on real parts: one Vault, one host with two apps, and the containers that use their certificates. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapIdentity, bootstrapLeaf, type Lifetime } from './bootstrap.ts'
import { freePort } from './free-port.ts'
import { createHost, type Host } from './host.ts'
import type { HostApp, ReloadEntry } from './host-config.ts'
import { appNames, type Pki, setUpApp, setUpPki } from './pki.ts'
import { type Podman, startPodman } from './podman.ts'
import { type VaultAdmin, vaultAdmin } from './vault-admin.ts'
import { startVault, type VaultServer, vaultBinary } from './vault-server.ts'

export const APPS = ['ncprd1', 'resume2me'] as const
export type AppName = (typeof APPS)[number]

export const DAY_MS = 24 * 3_600_000
/** A login certificate 25 days into its 30: due under the default of two thirds. */
export const DUE_IDENTITY: Lifetime = { lifetimeMs: 30 * DAY_MS, ageMs: 25 * DAY_MS }
/** A leaf 20 hours into its day: due as well. */
export const DUE_LEAF: Lifetime = { lifetimeMs: DAY_MS, ageMs: (20 / 24) * DAY_MS }

export interface ScenarioServer {
  readonly dir: string
  readonly vault: VaultServer
  readonly admin: VaultAdmin
  readonly pki: Pki
  readonly stop: () => Promise<void>
}

/** A host beside its server, whatever its consumers run in. */
export interface HostScenario extends ScenarioServer {
  readonly host: Host
  /** Where both apps are served, each by its own name. */
  readonly proxyPort: number
  /** Whom a renewed leaf must reach. */
  readonly consumers: readonly string[]
  /** HUPs a consumer has seen, by its own account. */
  readonly hupCount: (consumer: string) => Promise<number>
  /** Processes beside Vault that the scenario started; containers not counted. */
  readonly pids: readonly number[]
}

export interface Scenario extends HostScenario {
  readonly podman: Podman
}

export interface ServerOptions {
  /** Default: a new folder below the system's temporary one; removed by `stop` either way. */
  readonly dir?: string
  /** Default: what `scripts/vault` prints. */
  readonly binary?: string
  readonly storage?: 'file' | 'inmem'
  readonly outlivesUs?: boolean
}

export interface ScenarioOptions extends ServerOptions {
  /** Of the pairs that lie on the host at the start; default: both due. */
  readonly identity?: Lifetime
  readonly leaf?: Lifetime
}

/** The server side alone: Vault, its PKI, and what both apps need on it. */
export async function startServer(options: ServerOptions = {}): Promise<ScenarioServer> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'keyroller-')))
  const binary = options.binary ?? (await vaultBinary())
  const vault = await startVault({ ...options, dir: join(dir, 'vault'), binary })
  const stop = async () => {
    await vault.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return orStop(stop, async () => {
    const admin = vaultAdmin(vault, vault.rootToken)
    const pki = await setUpPki(admin)
    for (const app of APPS) await setUpApp(admin, { app, pki })
    return { dir, vault, admin, pki, stop }
  })
}

/** Everything; needs root and Podman. The containers `proxyprod` and `worker` carry the label tls=true. */
export async function startScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const server = await startServer(options)
  const { outlivesUs = false } = options
  const podmanDir = join(server.dir, 'podman')
  const podman = await orStop(server.stop, () => startPodman({ dir: podmanDir, outlivesUs }))
  const stop = async () => {
    await podman.stop()
    await server.stop()
  }
  return orStop(stop, async () => {
    const proxyPort = await freePort()
    const host = await createScenarioHost(server, podman, proxyPort)
    await bootstrapHost(host, server.admin, options)
    await startContainers(host, podman, proxyPort)
    const { hupCount, pid } = podman
    return { ...server, host, podman, proxyPort, consumers: CONTAINERS, hupCount, pids: [pid], stop }
  })
}

/** What `start` gives; when it fails, what was started before is stopped. */
export async function orStop<T>(stop: () => Promise<void>, start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    await stop()
    throw error
  }
}

function createScenarioHost(server: ScenarioServer, podman: Podman, proxyPort: number): Promise<Host> {
  return createHost({
    ...server,
    podmanSocket: podman.socketPath,
    env: podman.env,
    apps: APPS.map((name, index) => scenarioApp({ name, uid: FIRST_UID + index, proxyPort, reload: RELOAD })),
  })
}

/** No account has it; files can belong to a number all the same. */
const FIRST_UID = 20_001
const CONTAINERS = ['proxyprod', 'worker']
/** By label and by name: the proxy is met twice and must be told once. */
const RELOAD: readonly ReloadEntry[] = ['podman:label=tls=true', 'podman:proxyprod']

/** First pairs of every app, as an operator laid them down. */
export async function bootstrapHost(
  host: Host,
  admin: VaultAdmin,
  options: Pick<ScenarioOptions, 'identity' | 'leaf'> = {},
): Promise<void> {
  for (const app of host.apps) {
    await bootstrapIdentity(host, admin, app, options.identity ?? DUE_IDENTITY)
    await bootstrapLeaf(host, admin, app, options.leaf ?? DUE_LEAF)
  }
}

/** An app of the scenario, served on `proxyPort` by the name of its leaf. */
export function scenarioApp(app: {
  readonly name: AppName
  readonly uid?: number
  readonly proxyPort: number
  readonly reload: readonly ReloadEntry[]
}): HostApp {
  const { proxyPort, ...rest } = app
  return { ...rest, probe: { connect: `127.0.0.1:${proxyPort}`, server_name: appNames(app.name).leafName } }
}

async function startContainers(host: Host, podman: Podman, proxyPort: number): Promise<void> {
  const sites = host.apps.map((app) => {
    const { fullchain, leafKey } = host.paths(app.name)
    return { serverName: appNames(app.name).leafName, certFile: fullchain, keyFile: leafKey }
  })
  const common = { labels: { tls: 'true' }, mounts: [host.homes] }
  await podman.startNginx({ ...common, name: 'proxyprod', port: proxyPort, sites })
  await podman.startPlain({ ...common, name: 'worker' })
}
