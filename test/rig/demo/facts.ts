/** What the demo measures for itself, without asking keyroller. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { run } from '../command.ts'
import type { HostApp } from '../host-config.ts'
import { appNames } from '../pki.ts'
import type { HostScenario } from '../scenario-s2.ts'
import { servedCertificate } from '../served.ts'
import { type VaultEndpoint, vaultRequest } from '../vault-admin.ts'

export interface AppSerials {
  readonly identity: string
  readonly leaf: string
  readonly served: string
}

/** Serials of one app: on disk, and as a TLS client gets it. */
export async function appSerials(stage: HostScenario, app: string): Promise<AppSerials> {
  const paths = stage.host.paths(app)
  const served = await servedCertificate(stage.proxyPort, appNames(app).leafName)
  return {
    identity: await serialIn(paths.agentCert),
    leaf: await serialIn(paths.fullchain),
    served: served.serialNumber,
  }
}

/** Mode and owner of every file of an app, as `0600 20001:20001 agent.key`. */
export async function fileAttributes(stage: HostScenario, app: string): Promise<string[]> {
  const { agentKey, agentCert, agentCa, leafKey, fullchain } = stage.host.paths(app)
  return Promise.all([agentKey, agentCert, agentCa, leafKey, fullchain].map(attributes))
}

export async function attributes(path: string): Promise<string> {
  const { mode, uid, gid } = await stat(path)
  return `${(mode & 0o7777).toString(8).padStart(4, '0')} ${uid}:${gid} ${path.split('/').at(-1)}`
}

/** What `openssl verify` says of a full chain against the root: `OK`, or its complaint. */
export async function opensslVerify(stage: HostScenario, fullchain: string): Promise<string> {
  const { stdout, stderr } = await run([
    'openssl',
    'verify',
    '-CAfile',
    stage.host.trustFile,
    '-untrusted',
    fullchain,
    fullchain,
  ])
  return `${stdout}${stderr}`.replaceAll(`${fullchain}: `, '').trim()
}

export async function keyMatches(keyFile: string, certFile: string): Promise<boolean> {
  const key = createPrivateKey(await readFile(keyFile))
  return new X509Certificate(await readFile(certFile)).checkPrivateKey(key)
}

/** The policies an app's agent certificate logs in to, or the status of the refusal. */
export async function loginPolicies(stage: HostScenario, app: HostApp): Promise<string> {
  const paths = stage.host.paths(app.name)
  const client = {
    key: await readFile(paths.agentKey, 'utf8'),
    cert: await readFile(paths.agentCert, 'utf8'),
  }
  const body = { name: appNames(app.name).mapping }
  const answer = await vaultRequest(stage.vault, { method: 'POST', path: 'auth/cert/login', body, client })
  if (answer.status !== 200) return `refused with ${answer.status}`
  return (answer.body.auth as { policies: string[] }).policies.join(' ')
}

export async function hupCounts(stage: HostScenario): Promise<Record<string, number>> {
  const counts = stage.consumers.map(async (name) => [name, await stage.hupCount(name)] as const)
  return Object.fromEntries(await Promise.all(counts))
}

export async function serverVersion(vault: VaultEndpoint): Promise<string> {
  const { body } = await vaultRequest(vault, { method: 'GET', path: 'sys/health' })
  return String(body.version)
}

/** For the JSON result: where each app ended and what each consumer was told. */
export async function stageFacts(stage: HostScenario): Promise<Record<string, unknown>> {
  const apps = stage.host.apps.map(async ({ name }) => ({ name, ...(await appSerials(stage, name)) }))
  return { consumers: await hupCounts(stage), apps: await Promise.all(apps) }
}

async function serialIn(certFile: string): Promise<string> {
  return new X509Certificate(await readFile(certFile)).serialNumber
}
