/** What the demo measures for itself, without asking keyroller. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { run } from '../command.ts'
import type { HostApp } from '../host-config.ts'
import { appNames } from '../pki.ts'
import type { HostScenario } from '../scenario-s2.ts'
import { servedCertificate } from '../served.ts'
import { type VaultEndpoint, vaultRequest } from '../vault-admin.ts'

/** Serials by material, `identity/NAME` and `certificate/NAME`, as the files say. */
export async function installedSerials({ host }: HostScenario): Promise<Record<string, string>> {
  const entries = host.apps.flatMap(({ name }) => [
    [`identity/${name}`, host.paths(name).agentCert] as const,
    [`certificate/${name}`, host.paths(name).fullchain] as const,
  ])
  return collect(entries, serialIn)
}

/** Serials by `certificate/NAME`, as a TLS client of the proxy gets them. */
export async function servedSerials({ host, proxyPort }: HostScenario): Promise<Record<string, string>> {
  const entries = host.apps.map(({ name }) => [`certificate/${name}`, appNames(name).leafName] as const)
  return collect(entries, async (leafName) => (await servedCertificate(proxyPort, leafName)).serialNumber)
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

/** HUPs each consumer has seen since the start. */
export async function hupCounts(stage: HostScenario): Promise<Record<string, number>> {
  return collect(
    stage.consumers.map((name) => [name, name] as const),
    stage.hupCount,
  )
}

export async function serverVersion(vault: VaultEndpoint): Promise<string> {
  const { body } = await vaultRequest(vault, { method: 'GET', path: 'sys/health' })
  return String(body.version)
}

async function serialIn(certFile: string): Promise<string> {
  return new X509Certificate(await readFile(certFile)).serialNumber
}

async function collect<T>(
  entries: readonly (readonly [string, string])[],
  ask: (argument: string) => Promise<T>,
): Promise<Record<string, T>> {
  const asked = entries.map(async ([name, argument]) => [name, await ask(argument)] as const)
  return Object.fromEntries(await Promise.all(asked))
}
