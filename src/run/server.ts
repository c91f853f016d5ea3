/** The server as this host sees it: its health, and how far everybody's version is from it. */
import type { HostConfig } from '../core/host-config.ts'
import { type AgentVersion, judgeSkew, type SkewLine } from '../core/status/skew.ts'
import type { Vault } from '../vault/open-vault.ts'
import type { Host } from './host.ts'
import { findAgentVersions } from './observing/agent-versions.ts'

/** Opens Vault for one piece of work and closes every socket after it. */
export async function withVault<T>(
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
  work: (vault: Vault) => Promise<T>,
): Promise<T> {
  const { openHostVault } = await import('./open-host-vault.ts')
  const vault = openHostVault(config, host, signal)
  try {
    return await work(vault)
  } finally {
    vault.close()
  }
}

export interface SkewReport {
  readonly server?: string
  readonly lines: readonly SkewLine[]
}

/** keyroller and every agent binary against this server version; undefined when it is not known. */
export async function reportSkew(
  config: HostConfig,
  host: Host,
  server: string | undefined,
): Promise<SkewReport> {
  const agents: AgentVersion[] = await findAgentVersions(config.agentBinaries, host.env)
  return { ...(server ? { server } : {}), lines: judgeSkew(server, host.version, agents) }
}
