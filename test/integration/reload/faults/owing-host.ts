/** A host with nothing due, whose certificate was switched by a run that came no further: its consumers are owed a reload. */
import { mkdir, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { loadConfig } from '../../../../src/config/load.ts'
import { EMPTY_MEMORY } from '../../../../src/core/memory.ts'
import { openMemory } from '../../../../src/run/recording/memory-store.ts'
import { createHost, type Host } from '../../../rig/host.ts'
import type { ReloadEntry } from '../../../rig/host-config.ts'
import { makeAuthority, type Pair } from '../../../rig/openssl-authority.ts'
import { appNames } from '../../../rig/pki.ts'

export const APP = 'ncprd1'
export const CERTIFICATE = `certificate/${APP}`
const { commonName, leafName } = appNames(APP)

/** The certificate before and the one that was installed in its place; making them takes a while. */
export interface RenewedPairs {
  readonly caPem: string
  readonly identity: Pair
  readonly before: Pair
  readonly installed: Pair
}

export async function makeRenewedPairs(): Promise<RenewedPairs> {
  const authority = await makeAuthority()
  const leaf = { commonName: leafName, names: `DNS:${leafName}` }
  const identity = await authority.issue({ commonName, names: '', usage: 'clientAuth' })
  const [before, installed] = [await authority.issue(leaf), await authority.issue(leaf)]
  await authority.remove()
  return { caPem: authority.caPem, identity, before, installed }
}

/** A consumer that serves one certificate for good; closed by whoever asks for it. */
export async function serveForGood({ certPem, keyPem }: Pair): Promise<{ server: Server; port: number }> {
  const server = createServer({ cert: certPem, key: keyPem }, (socket) => socket.end())
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

export interface Consumer {
  readonly reload: readonly ReloadEntry[]
  readonly podmanSocket?: string
  /** Where it serves; unset: it is not looked at. */
  readonly probe?: { readonly connect: string; readonly timeout: string }
}

export async function makeOwingHost(dir: string, pairs: RenewedPairs, consumer: Consumer): Promise<Host> {
  const { reload, podmanSocket = join(dir, 'nobody.sock'), probe } = consumer
  const caFile = join(dir, 'vault-ca.pem')
  await writeFile(caFile, pairs.caPem, { mode: 0o644 })
  const host = await createHost({
    ...{ dir, podmanSocket },
    vault: { address: 'https://127.0.0.1:9', caFile },
    pki: { rootPem: pairs.caPem, intermediatePem: pairs.caPem },
    apps: [{ name: APP, reload, ...(probe ? { probe: { ...probe, server_name: leafName } } : {}) }],
  })
  await host.configure(({ certificate }) => {
    Object.assign(certificate?.[APP] ?? {}, { issuer_name: undefined })
  })
  await plant(host, pairs)
  await owe(host)
  return host
}

async function plant(
  { paths, trustFile }: Host,
  { identity, installed, caPem }: RenewedPairs,
): Promise<void> {
  const { agentKey, agentCert, agentCa, leafKey, fullchain } = paths(APP)
  await mkdir(join(trustFile, '..'), { recursive: true })
  await writeFile(agentKey, identity.keyPem, { mode: 0o600 })
  await writeFile(agentCert, identity.certPem, { mode: 0o644 })
  await writeFile(agentCa, caPem, { mode: 0o644 })
  await writeFile(leafKey, installed.keyPem, { mode: 0o600 })
  await writeFile(fullchain, installed.certPem, { mode: 0o644 })
}

/** As the journal of the interrupted run would have it: every target, whoever is behind it. */
async function owe({ configFile, stateDir }: Host): Promise<void> {
  const { materials } = loadConfig({ file: configFile, env: {}, uid: process.getuid?.() ?? 0 })
  const targets = materials.flatMap(({ id, reload }) => (id === CERTIFICATE ? reload : []))
  const owed = targets.map(({ text }) => ({
    target: text,
    materials: [CERTIFICATE] as const,
    sinceMs: Date.now(),
    attempts: 0,
  }))
  await openMemory(stateDir).update(() => ({ ...EMPTY_MEMORY, owed }))
}

/** The targets that are owed a reload, as they stand on disk. */
export function owedTargets({ stateDir }: Host): string[] {
  return openMemory(stateDir)
    .current()
    .owed.map(({ target }) => target)
}
