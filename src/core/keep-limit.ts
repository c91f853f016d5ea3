import type { HostConfig, Material } from './material.ts'

/** How many earlier certificates of a material are kept: none of one whose keys must never reach a disk. */
export function keepLimit({ previous }: Pick<HostConfig, 'previous'>, { ephemeral }: Material): number {
  return ephemeral ? 0 : previous.keep
}
