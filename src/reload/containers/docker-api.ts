import { engineApi } from './engine-api.ts'
import type { Podman } from './podman-port.ts'

/** Docker's API, without a version: then every daemon takes the newest that it has, and none refuses. */
export function dockerApi(socketPath: string, owner?: number): Podman {
  return engineApi({ socketPath, owner, base: '' })
}
