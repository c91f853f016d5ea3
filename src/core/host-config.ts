/** The configuration of a host, checked. `config/` makes it; everything else only reads it. */
import type { Material, MaterialId } from './material.ts'
import type { NotifyConfig } from './notify/config.ts'

export interface HostConfig {
  readonly vault: VaultConfig
  readonly renewal: RenewalConfig
  readonly previous: PreviousConfig
  readonly stateDir: string
  readonly runtimeDir: string
  /** Where every run leaves its metrics. */
  readonly metricsFile?: string
  readonly notify: NotifyConfig
  /** `vault` and `bao` binaries to compare with the server; empty means those found on PATH. */
  readonly agentBinaries: readonly string[]
  readonly podmanSocket: string
  /** Where the hosts of a fleet leave their cards. */
  readonly fleet?: FleetConfig
  readonly materials: readonly Material[]
  /** Files that units are handed at their start. */
  readonly credentials: readonly Credential[]
}

/** A file that a unit of systemd is handed at its start, over a socket, and nobody else. */
export interface Credential {
  /** Also of the socket: keyroller-deliver@NAME.socket. */
  readonly name: string
  /** Ephemeral: on a disk its file could be read without anybody's knowing. */
  readonly material: MaterialId
  readonly path: string
  /** The service whose starts may read it. */
  readonly unit: string
  /** How often each of them may, from 1 to 16: with systemd 252 every command of a unit reads anew. */
  readonly reads: number
}

export interface VaultConfig {
  /** At least one; tried in this order. */
  readonly addresses: readonly string[]
  readonly caFile: string
  readonly serverName?: string
  readonly namespace?: string
  /** Deadline of one call, connect to last byte. */
  readonly timeoutMs: number
}

export interface RenewalConfig {
  /** Share of the lifetime within which this host's fixed offset falls, 0 to 0.25. */
  readonly spread: number
  readonly concurrency: number
  /** How many consumers are told at once, 1 to 64. */
  readonly maxParallel: number
  readonly runTimeoutMs: number
  /** How long the server may go unseen before a run looks at its version. */
  readonly lookEveryMs: number
  /** Whether revocation lists are asked for what is installed, as often. */
  readonly checkRevocation: boolean
}

/** `any`: the policy allows `PKI/revoke`, which takes any certificate of the mount. `own-key`: `PKI/revoke-with-key`. */
export const REVOKE_MODES = ['no', 'any', 'own-key'] as const
export type RevokeMode = (typeof REVOKE_MODES)[number]

/** What becomes of files that are replaced. */
export interface PreviousConfig {
  /** Earlier certificates kept of each material, 0 to 16. */
  readonly keep: number
  /** How long they are kept after they were replaced. */
  readonly graceMs: number
  /** Whether their bytes are overwritten before they are removed. */
  readonly shred: boolean
  /** Whether their certificates are revoked before that, and with what right. */
  readonly revoke: RevokeMode
}

export interface FleetConfig {
  readonly kvMount: string
  /** In the mount, without `data/`. */
  readonly path: string
  /** PEM file of the anchors that signers lead to. */
  readonly trustFile: string
  /** The SPIFFE ID of a host names its card; unset: its common name does. */
  readonly trustDomain?: string
  /** Nothing is told of a card whose signer is not proved. */
  readonly strict: boolean
  /** Unset on a host that only reads. */
  readonly card?: OwnCard
}

export interface OwnCard {
  /** Whose login writes it, and whose key signs it. */
  readonly identity: MaterialId
  /** Below the path of the fleet. */
  readonly name: string
  readonly everyMs: number
}
