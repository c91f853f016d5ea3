import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Background, startBackground } from './background.ts'
import { must } from './command.ts'
import { freePort } from './free-port.ts'
import { makeServerCertificate, type ServerCertificate } from './server-certificate.ts'
import { type VaultEndpoint, vaultAdmin, vaultRequest } from './vault-admin.ts'
import { waitFor } from './wait-for.ts'

export interface VaultServer extends VaultEndpoint {
  readonly rootToken: string
  readonly unsealKey: string
  /** JSON lines; values are in clear (`log_raw`), so that a test can search them for what must not be there. */
  readonly auditLogPath: string
  readonly pid: () => number
  readonly seal: () => Promise<void>
  readonly unseal: () => Promise<void>
  /** Ends the process; `start` brings the same server back, with its data, on the same port. */
  readonly stop: () => Promise<void>
  /** Starts and unseals; `binary` replaces the one used so far, as an upgrade does. */
  readonly start: (binary?: string) => Promise<void>
}

export interface VaultServerOptions {
  /** Must be empty or absent; everything the server keeps goes here. */
  readonly dir: string
  readonly binary: string
  /** Default `file`. `inmem` is faster and forgets everything at `stop`. Only servers on `raft` can be joined. */
  readonly storage?: 'file' | 'inmem' | 'raft'
  /** Becomes a standby of this server instead of being initialised; its storage must be `raft` too. */
  readonly joins?: VaultServer
  /** Default: the server ends when this process does, however it ends. */
  readonly outlivesUs?: boolean
}

/** A real Vault with TLS on a free port, initialised with one key share, unsealed, audited to a file (by the active one). */
export async function startVault(options: VaultServerOptions): Promise<VaultServer> {
  const setup = await prepare(options)
  const server = await launch(setup, options.binary)
  const keys = options.joins
    ? await joinCluster(setup.endpoint, options.joins)
    : await initialise(setup.endpoint)
  await unseal(setup.endpoint, keys.unsealKey, options.joins ? STANDBY : ACTIVE)
  const auditLogPath = options.joins?.auditLogPath ?? join(options.dir, 'audit.log')
  if (!options.joins)
    await vaultAdmin(setup.endpoint, keys.rootToken).write('sys/audit/file', {
      type: 'file',
      options: { file_path: auditLogPath, log_raw: 'true' },
    })
  return {
    ...setup.endpoint,
    ...keys,
    auditLogPath,
    ...controls(setup, keys, options.binary, server),
  }
}

/** The path of a server binary, as `scripts/vault` finds or builds it; `stamp` asks for one that reports that version. */
export async function vaultBinary(stamp?: string): Promise<string> {
  const script = join(import.meta.dirname, '../../scripts/vault')
  const asked = stamp === undefined ? [] : ['--version-stamp', stamp]
  return (await must([script, ...asked], { timeoutMs: 1_800_000 })).trim()
}

interface Setup {
  readonly endpoint: VaultEndpoint
  readonly configFile: string
  readonly logFile: string
  readonly outlivesUs: boolean
}

interface Keys {
  readonly rootToken: string
  readonly unsealKey: string
}

async function prepare(options: VaultServerOptions): Promise<Setup> {
  await mkdir(join(options.dir, 'data'), { recursive: true })
  const tls = await makeServerCertificate(join(options.dir, 'tls'))
  const port = await freePort()
  const configFile = join(options.dir, 'vault.json')
  await writeFile(
    configFile,
    JSON.stringify(serverConfig(options, tls, { api: port, cluster: await freePort() }), null, 2),
  )
  return {
    endpoint: { address: `https://127.0.0.1:${port}`, caFile: tls.caFile },
    configFile,
    logFile: join(options.dir, 'server.log'),
    outlivesUs: options.outlivesUs ?? false,
  }
}

function serverConfig(options: VaultServerOptions, tls: ServerCertificate, ports: Ports): object {
  const { storage = 'file', dir } = options
  const path = join(dir, 'data')
  // The shortest election timeout that Vault allows.
  const keptIn = {
    file: { path },
    inmem: {},
    raft: { path, node_id: basename(dir), performance_multiplier: 1 },
  }
  const cluster = `127.0.0.1:${ports.cluster}`
  return {
    disable_mlock: true,
    api_addr: `https://127.0.0.1:${ports.api}`,
    storage: { [storage]: keptIn[storage] },
    ...(storage === 'raft' ? { cluster_addr: `https://${cluster}` } : {}),
    listener: {
      tcp: {
        ...{ address: `127.0.0.1:${ports.api}`, cluster_address: cluster },
        ...{ tls_cert_file: tls.certFile, tls_key_file: tls.keyFile },
      },
    },
  }
}

interface Ports {
  readonly api: number
  readonly cluster: number
}

async function launch(setup: Setup, binary: string): Promise<Background> {
  const server = startBackground([binary, 'server', '-config', setup.configFile], {
    logFile: setup.logFile,
    env: { PATH: process.env.PATH },
    outlivesUs: setup.outlivesUs,
  })
  const seen = await waitFor('vault answers', () => upOrEnded(setup.endpoint, server), 30_000)
  if (seen === 'up') return server
  throw new Error(`vault ended at once:\n${await readFile(setup.logFile, 'utf8')}`)
}

async function upOrEnded(endpoint: VaultEndpoint, server: Background): Promise<'up' | 'ended'> {
  if (server.ended()) return 'ended'
  await vaultRequest(endpoint, { method: 'GET', path: 'sys/health' })
  return 'up'
}

async function initialise(endpoint: VaultEndpoint): Promise<Keys> {
  const body = { secret_shares: 1, secret_threshold: 1 }
  const answer = await vaultRequest(endpoint, { method: 'PUT', path: 'sys/init', body })
  const { root_token: rootToken, keys } = answer.body
  if (typeof rootToken !== 'string' || !Array.isArray(keys)) {
    throw new Error(`vault sys/init: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  return { rootToken, unsealKey: String(keys[0]) }
}

async function joinCluster(endpoint: VaultEndpoint, leader: VaultServer): Promise<Keys> {
  const body = { leader_api_addr: leader.address, leader_ca_cert: await readFile(leader.caFile, 'utf8') }
  const answer = await vaultRequest(endpoint, { method: 'PUT', path: 'sys/storage/raft/join', body })
  if (answer.status !== 200) throw new Error(`vault sys/storage/raft/join: ${JSON.stringify(answer.body)}`)
  return { rootToken: leader.rootToken, unsealKey: leader.unsealKey }
}

/** Statuses of sys/health for a server that is unsealed. */
const ACTIVE = 200
const STANDBY = 429

async function unseal(endpoint: VaultEndpoint, key: string, wanted = ACTIVE): Promise<void> {
  // https://developer.hashicorp.com/vault/api-docs/system/health
  await waitFor('vault is unsealed', async () => {
    // Again and again: a server that joins takes the key only once the leader has answered it.
    await vaultRequest(endpoint, { method: 'PUT', path: 'sys/unseal', body: { key } })
    const { status } = await vaultRequest(endpoint, { method: 'GET', path: 'sys/health' })
    return status === wanted
  })
}

function controls(
  setup: Setup,
  keys: Keys,
  firstBinary: string,
  launched: Background,
): Pick<VaultServer, 'pid' | 'seal' | 'unseal' | 'stop' | 'start'> {
  let server = launched
  let binary = firstBinary
  return {
    pid: () => server.pid,
    seal: async () => {
      await vaultAdmin(setup.endpoint, keys.rootToken).write('sys/seal')
    },
    unseal: () => unseal(setup.endpoint, keys.unsealKey),
    stop: () => server.stop(),
    start: async (other) => {
      binary = other ?? binary
      server = await launch(setup, binary)
      await unseal(setup.endpoint, keys.unsealKey)
    },
  }
}
