/** A host with one identity, as the proofs against a lockout need it, seen by a client of its own. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapIdentity } from '../../rig/bootstrap.ts'
import { createHost, type Host } from '../../rig/host.ts'
import type { ConfigTable } from '../../rig/host-config.ts'
import { AUTH_MOUNT, appNames } from '../../rig/pki.ts'
import { DUE_IDENTITY, type ScenarioServer } from '../../rig/scenario-s2.ts'
import { vaultRequest } from '../../rig/vault-admin.ts'

export interface Pair {
  readonly key: string
  readonly cert: string
}

export interface RotatedHost {
  readonly host: Host
  /** Lays down a pair that is due. */
  readonly layPair: () => Promise<Pair>
  readonly pair: () => Pair
  /** With the very bytes on disk, by a client that shares no code with keyroller. */
  readonly logsIn: () => Promise<boolean>
  readonly remove: () => Promise<void>
}

/** `table` is added to that of the identity. */
export async function rotatedHost(
  server: ScenarioServer,
  app: string,
  table: ConfigTable,
): Promise<RotatedHost> {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-lockout-'))
  const host = await createHost({ ...server, dir, apps: [{ name: app, reload: [] }] })
  const { agentKey, agentCert } = host.paths(app)
  await host.configure((config) => {
    Object.assign(config.identity?.[app] ?? {}, { files: { key: agentKey, cert: agentCert } }, table)
    config.certificate = {}
  })
  const pair = () => ({ key: readFileSync(agentKey, 'utf8'), cert: readFileSync(agentCert, 'utf8') })
  return {
    ...{ host, pair },
    layPair: async () => {
      for (const one of host.apps) await bootstrapIdentity(host, server.admin, one, DUE_IDENTITY)
      return pair()
    },
    logsIn: async () => {
      const asked = { method: 'PUT', path: `auth/${AUTH_MOUNT}/login`, body: { name: appNames(app).mapping } }
      return vaultRequest(server.vault, { ...asked, client: pair() }).then(
        ({ status }) => status === 200,
        () => false,
      )
    },
    remove: () => rm(dir, { recursive: true }),
  }
}
