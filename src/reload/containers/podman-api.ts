import { engineApi } from './engine-api.ts'
import type { Podman } from './podman-port.ts'

/** podman by its own API, at the oldest version with the calls that are needed; every later podman serves it. */
export function podmanApi(socketPath: string, owner?: number): Podman {
  return engineApi({ socketPath, owner, base: '/v4.0.0/libpod' })
}
