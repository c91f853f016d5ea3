import type { HostConfig } from '../host-config.ts'
import type { Material } from '../material.ts'

/** How many earlier sets of a material are kept: none of secrets and keysets, nor of one whose keys must never reach a disk. */
export function keepLimit({ previous }: Pick<HostConfig, 'previous'>, { kind, ephemeral }: Material): number {
  return ephemeral || kind === 'secret' || kind === 'keyset' ? 0 : previous.keep
}
