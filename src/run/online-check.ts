import { toFault } from '../core/errors.ts'
import type { HostConfig, Identity, MaterialId } from '../core/material.ts'
import type { Plan } from '../core/plan.ts'
import type { Vault } from '../vault/open-vault.ts'
import { clientPair } from './client-pair.ts'
import type { Host } from './host.ts'
import { readParts } from './observe.ts'
import { withVault } from './server.ts'

export interface OnlineCheck {
  readonly subject: 'server' | MaterialId
  readonly ok: boolean
  readonly message: string
}

/** What only the server can say of a plan: its health, and whether every login the plan needs works. Signs nothing. */
export function checkOnline(
  config: HostConfig,
  plan: Plan,
  host: Host,
  signal: AbortSignal,
): Promise<OnlineCheck[]> {
  const needed = new Set(plan.steps.flatMap((step) => (step.kind === 'login' ? [step.identity] : [])))
  const identities = config.materials.filter(
    (one) => one.kind === 'identity' && needed.has(one.id),
  ) as Identity[]
  return withVault(config, host, signal, async (vault) => [
    await checkHealth(vault, config),
    ...(await Promise.all(identities.map((identity) => checkLogin(vault, identity, host)))),
  ])
}

export async function checkHealth(vault: Vault, { vault: { address } }: HostConfig): Promise<OnlineCheck> {
  try {
    const { sealed, initialized, standby, version } = await vault.health()
    const state = !initialized ? 'not initialised' : sealed ? 'sealed' : standby ? 'standby' : 'active'
    return {
      subject: 'server',
      ok: initialized && !sealed,
      message: `${address} is ${state}, version ${version || 'unknown'}`,
    }
  } catch (error) {
    return { subject: 'server', ok: false, message: toFault(error).message }
  }
}

/** TLS trust, mapping and policies in one go; the token is revoked at once. */
export async function checkLogin(vault: Vault, identity: Identity, host: Host): Promise<OnlineCheck> {
  const subject = identity.id
  const parts = readParts(identity, host, host.clock())
  if (!parts) return { subject, ok: false, message: `${subject}: no key and certificate to log in with` }
  try {
    const session = await vault.login({ login: identity.login, pair: clientPair(identity, parts) })
    await session.revoke()
    return {
      subject,
      ok: true,
      message: `${subject} logs in with policies ${session.policies.join(', ') || 'none'}`,
    }
  } catch (error) {
    return { subject, ok: false, message: `${subject}: ${toFault(error).message}` }
  }
}
