import type { Credential, HostConfig } from '../../core/host-config.ts'
import type { Host } from '../host.ts'

export interface DeliveryRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly credential: Credential
  readonly signal: AbortSignal
  /** Where the manager of the unit is asked; default: the system's. */
  readonly managerSocket?: string
  readonly told: (text: string) => void
}
