import { join } from 'node:path'
import type { HostConfig } from '../../core/host-config.ts'

/** Where the ledger of deliveries lies. */
export function deliveriesDir({ stateDir }: Pick<HostConfig, 'stateDir'>): string {
  return join(stateDir, 'deliveries')
}
