/** How consumers are reached from this host. */
import { readTrustedFile } from '../../config/trusted-file.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { Reach } from '../../reload/teller.ts'
import type { Host } from '../host.ts'

/** Where dockerd(8) listens. */
const DOCKER_SOCKET = '/run/docker.sock'

export function reachOf(
  { podmanSocket }: Pick<HostConfig, 'podmanSocket'>,
  { env, uid, clock }: Host,
): Omit<Reach, 'signal'> {
  return {
    podmanSocket,
    dockerSocket: DOCKER_SOCKET,
    environment: env,
    clock,
    readTrusted: (path) => readTrustedFile(path, uid),
  }
}
