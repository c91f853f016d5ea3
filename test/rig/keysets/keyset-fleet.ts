/** Hosts that share one keyset in the KV engine of a real Vault, each with an identity and a card of its own. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bootstrapIdentity, bootstrapLeaf } from '../bootstrap.ts'
import { createHost, type Host } from '../host.ts'
import type { ConfigTable } from '../host-config.ts'
import { appNames, setUpApp } from '../pki.ts'
import { DAY_MS, type ScenarioServer, startServer } from '../scenario-s2.ts'

export interface KeysetFleet extends ScenarioServer {
  readonly hosts: readonly Host[]
}

/** Where the keyset lies in the mount `kv`. */
export const KEYSET_PATH = 'keysets/tokens'

/** `keysetOf` is the table `keyset.tokens` of a host, but for `shared`. */
export async function startKeysetFleet(
  names: readonly string[],
  keysetOf: (host: Host) => ConfigTable,
): Promise<KeysetFleet> {
  const server = await startServer({ storage: 'inmem' })
  try {
    await server.admin.write('sys/mounts/kv', { type: 'kv', options: { version: '2' } })
    const hosts: Host[] = []
    // One after another: what signs their first pairs is one role, written anew for each.
    for (const name of names) hosts.push(await startHost(name, server, keysetOf))
    return { ...server, hosts }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** One more host of the fleet, as an operator adds it. */
export async function startHost(
  name: string,
  server: ScenarioServer,
  keysetOf: (host: Host) => ConfigTable,
): Promise<Host> {
  const { vault, pki, admin, dir } = server
  const app = { name, reload: [] }
  await setUpApp(admin, { app: name, pki })
  const host = await createHost({ vault, pki, dir: join(dir, name), apps: [app] })
  await mkdir(keysDir(host), { recursive: true })
  await bootstrapIdentity(host, admin, app, { lifetimeMs: 30 * DAY_MS })
  // Its chain goes along with the card: the files of an identity hold none.
  await bootstrapLeaf(host, admin, app, { lifetimeMs: 30 * DAY_MS })
  await configureKeyset(host, keysetOf(host))
  const { stdout } = await host.keyroller(['vault', 'policy', '--json'])
  await admin.write(`sys/policies/acl/keyroller-${name}`, { policy: JSON.parse(stdout).policies[0].rules })
  await admin.write(`auth/cert/certs/${appNames(name).mapping}`, { token_policies: [`keyroller-${name}`] })
  return host
}

/** The same keyset with another table. */
export async function configureKeyset(host: Host, table: ConfigTable): Promise<void> {
  const [app] = host.apps
  const name = app?.name ?? ''
  await host.configure((config) => {
    config.kv = { mount: 'kv' }
    config.fleet = { identity: name }
    config.keyset = { tokens: { ...table, shared: { identity: name, path: KEYSET_PATH } } }
  })
}

/** Where a test has the files of the keyset. */
export function keysDir({ homes }: Host): string {
  return join(homes, 'keys')
}
