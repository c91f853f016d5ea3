/** A host with nothing due, whose certificates were switched by a run that came no further: their consumers are owed a reload. */
import { copyFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { loadConfig } from '../../../../src/config/load.ts'
import { EMPTY_MEMORY } from '../../../../src/core/memory.ts'
import { openMemory } from '../../../../src/run/recording/memory-store.ts'
import { createHost, type Host } from '../../../rig/host.ts'
import type { ConfigTable, HostApp, ReloadEntry } from '../../../rig/host-config.ts'
import { makeAuthority, type Pair } from '../../../rig/openssl-authority.ts'
import { appNames } from '../../../rig/pki.ts'
import type { AppName } from '../../../rig/scenario-s2.ts'

/** The certificate before and the one that was installed in its place; making them takes a while. */
export interface RenewedPairs {
  readonly app: AppName
  readonly caPem: string
  readonly identity: Pair
  readonly before: Pair
  readonly installed: Pair
}

export async function makeRenewedPairs(app: AppName): Promise<RenewedPairs> {
  const { commonName, leafName } = appNames(app)
  const authority = await makeAuthority()
  const leaf = { commonName: leafName, names: `DNS:${leafName}` }
  const identity = await authority.issue({ commonName, names: '', usage: 'clientAuth' })
  const [before, installed] = [await authority.issue(leaf), await authority.issue(leaf)]
  await authority.remove()
  return { app, caPem: authority.caPem, identity, before, installed }
}

/** A consumer that serves one certificate for good; closed by whoever asks for it. */
export async function serveForGood({ certPem, keyPem }: Pair): Promise<{ server: Server; port: number }> {
  const server = createServer({ cert: certPem, key: keyPem }, (socket) => socket.end())
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

export interface Consumer {
  readonly pairs: RenewedPairs
  readonly reload: readonly ReloadEntry[]
  /** Where it serves; unset: it is not looked at. */
  readonly probe?: { readonly connect: string; readonly timeout: string }
}

export interface OwingOptions {
  /** Default: one where nobody listens. */
  readonly podmanSocket?: string | undefined
  /** The table `[renewal]`. */
  readonly renewal?: ConfigTable
}

export async function makeOwingHost(
  dir: string,
  consumers: readonly Consumer[],
  { podmanSocket = join(dir, 'nobody.sock'), renewal = {} }: OwingOptions = {},
): Promise<Host> {
  const rootPem = consumers.map(({ pairs }) => pairs.caPem).join('')
  const caFile = join(dir, 'vault-ca.pem')
  await writeFile(caFile, rootPem, { mode: 0o644 })
  const host = await createHost({
    ...{ dir, podmanSocket },
    vault: { address: 'https://127.0.0.1:9', caFile },
    pki: { rootPem, intermediatePem: rootPem },
    apps: consumers.map(appOf),
  })
  await host.configure((config) => {
    config.renewal = renewal
    for (const one of Object.values(config.certificate ?? {}))
      Object.assign(one as object, { issuer_name: undefined })
  })
  for (const { pairs } of consumers) await plant(host, pairs)
  await owe(host)
  return host
}

function appOf({ pairs: { app }, reload, probe }: Consumer): HostApp {
  const look = probe && { probe: { ...probe, server_name: appNames(app).leafName } }
  return { name: app, reload, ...look }
}

async function plant({ paths, trustFile }: Host, { app, identity, installed }: RenewedPairs): Promise<void> {
  const { agentKey, agentCert, agentCa, leafKey, fullchain } = paths(app)
  await writeFile(agentKey, identity.keyPem, { mode: 0o600 })
  await writeFile(agentCert, identity.certPem, { mode: 0o644 })
  await copyFile(trustFile, agentCa)
  await writeFile(leafKey, installed.keyPem, { mode: 0o600 })
  await writeFile(fullchain, installed.certPem, { mode: 0o644 })
}

/** As the journal of the interrupted run would have it: every target, whoever is behind it. */
async function owe({ configFile, stateDir }: Host): Promise<void> {
  const { materials } = loadConfig({ file: configFile, env: {}, uid: process.getuid?.() ?? 0 })
  const owed = materials.flatMap(({ id, reload }) =>
    reload.map(({ text }) => ({ target: text, materials: [id], sinceMs: Date.now(), attempts: 0 })),
  )
  await openMemory(stateDir).update(() => ({ ...EMPTY_MEMORY, owed }))
}

/** The targets that are owed a reload, as they stand on disk. */
export function owedTargets({ stateDir }: Host): string[] {
  return openMemory(stateDir)
    .current()
    .owed.map(({ target }) => target)
}
