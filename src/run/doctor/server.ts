/** What the server says of itself, of this host's logins, and of what those may do. */
import type { ServerFacts } from '../../core/doctor/facts.ts'
import { FAULTS, toFault } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { Identity } from '../../core/material.ts'
import type { ServerHealth, Vault } from '../../vault/open-vault.ts'
import type { Host } from '../host.ts'
import { identitiesOf, readableBy } from '../online-check.ts'
import { withVault } from '../server.ts'
import { checkIdentity, type IdentityCheck } from '../server-drift.ts'

/** Never rejects. `version`: what the server says of itself. */
export async function lookAtServer(
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
): Promise<{ readonly server: ServerFacts; readonly version?: string }> {
  const { materials } = config
  try {
    return await withVault(config, host, signal, async (vault) => {
      const { health, offsetMs } = await timedHealth(vault, host)
      const apart = offsetMs === undefined ? {} : { offsetMs }
      const fault = faultOf(health)
      const identities = fault ? [] : identitiesOf(config, materials)
      const check = (one: Identity) =>
        checkIdentity(vault, one, { config, readables: readableBy(one, materials) }, host)
      const checks = await Promise.all(identities.map(check))
      const server = { ...apart, ...(fault ? { fault } : {}), ...answersOf(checks) }
      return { server, version: health.version }
    })
  } catch (error) {
    return { server: { fault: toFault(error), logins: [], serverSide: [] } }
  }
}

/** The server tells whole seconds, so half of one is added; the answer is taken for the middle of the way there and back. */
async function timedHealth(vault: Vault, { clock }: Host) {
  const askedMs = clock()
  const health = await vault.health()
  const { serverTimeMs } = health
  return {
    health,
    offsetMs: serverTimeMs === undefined ? undefined : serverTimeMs + 500 - (askedMs + clock()) / 2,
  }
}

function faultOf({ address, sealed, initialized }: ServerHealth): ServerFacts['fault'] {
  if (initialized && !sealed) return undefined
  const message = `${address} ${initialized ? 'sealed' : 'not initialised'}`
  return { code: 'vault-sealed', message, hint: FAULTS['vault-sealed'].hint }
}

function answersOf(checks: readonly IdentityCheck[]): Pick<ServerFacts, 'logins' | 'serverSide'> {
  return {
    logins: checks
      .flatMap(({ login, read }) => [login, ...read])
      .map(({ subject, message, fault }) => ({ subject, message, ...(fault ? { fault } : {}) })),
    serverSide: checks.flatMap(({ serverSide }) => serverSide),
  }
}
