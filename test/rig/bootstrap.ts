/** What an operator puts on a host by hand before keyroller takes over. */
import { chmod, chown, readFile, writeFile } from 'node:fs/promises'
import type { Host } from './host.ts'
import type { HostApp } from './host-config.ts'
import { appNames } from './pki.ts'
import { type SignedPair, signPair } from './signed-pair.ts'
import type { VaultAdmin } from './vault-admin.ts'

/** How long a certificate lives in all, and how much of that has gone by (default 0); in milliseconds. */
export interface Lifetime {
  readonly lifetimeMs: number
  readonly ageMs?: number
}

/** A first login certificate: agent.key, agent.crt and ca.pem. */
export async function bootstrapIdentity(
  host: Host,
  vault: VaultAdmin,
  app: HostApp,
  lifetime: Lifetime,
): Promise<SignedPair> {
  const { commonName } = appNames(app.name)
  const pair = await signPair(vault, { commonName, usage: 'client', ...lifetime })
  const paths = host.paths(app.name)
  await place(paths.agentKey, pair.keyPem, 0o600, app.uid)
  await place(paths.agentCert, pair.certPem, 0o644, app.uid)
  await place(paths.agentCa, await readFile(host.trustFile, 'utf8'), 0o644, app.uid)
  return pair
}

/** A first leaf, so that a server can start before keyroller has run. */
export async function bootstrapLeaf(
  host: Host,
  vault: VaultAdmin,
  app: HostApp,
  lifetime: Lifetime,
): Promise<SignedPair> {
  const { leafName } = appNames(app.name)
  const pair = await signPair(vault, { commonName: leafName, usage: 'server', ...lifetime })
  const paths = host.paths(app.name)
  await place(paths.leafKey, pair.keyPem, 0o600, app.uid)
  await place(paths.fullchain, pair.fullchainPem, 0o644, app.uid)
  return pair
}

async function place(path: string, text: string, mode: number, uid: number | undefined): Promise<void> {
  await writeFile(path, text, { mode })
  await chmod(path, mode)
  if (uid !== undefined) await chown(path, uid, uid)
}
