import { existsSync } from 'node:fs'
import type { ContainerFacts } from '../../core/doctor/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { enginesElsewhere, lookAtMounts, tellsPodman } from '../consumers/mounts.ts'
import type { Host } from '../host.ts'

/** Undefined on a host that tells no container and has no podman that listens. */
export async function lookAtContainers(
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
): Promise<ContainerFacts | undefined> {
  const { materials } = config
  const own = await ownPodman(config, signal)
  if (!own && enginesElsewhere(materials).length === 0) return undefined
  return { ...own, ...(await lookAtMounts(config, materials, host, signal)) }
}

async function ownPodman({ podmanSocket: socket, materials }: HostConfig, signal: AbortSignal) {
  const isTold = tellsPodman(materials)
  if (!isTold && !existsSync(socket)) return undefined
  const { findRefusal } = await import('../../reload/listener.ts')
  const refusal = await findRefusal({ path: socket }, signal)
  if (!isTold && refusal !== undefined) return undefined
  return { socket, ...(refusal === undefined ? {} : { refusal }) }
}
