import { existsSync } from 'node:fs'
import type { ContainerFacts } from '../../core/doctor/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { lookAtMounts, tellsPodman } from '../consumers/mounts.ts'
import type { Host } from '../host.ts'

/** Undefined on a host that tells no container and has no podman that listens. */
export async function lookAtContainers(
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
): Promise<ContainerFacts | undefined> {
  const { podmanSocket: socket, materials } = config
  const isTold = tellsPodman(materials)
  if (!isTold && !existsSync(socket)) return undefined
  const { findRefusal } = await import('../../reload/listener.ts')
  const refusal = await findRefusal({ path: socket }, signal)
  if (!isTold && refusal !== undefined) return undefined
  const look = await lookAtMounts(config, materials, host, signal)
  return { socket, ...(refusal === undefined ? {} : { refusal }), ...look }
}
