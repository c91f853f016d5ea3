/** What `run/doctor.ts` gathered. A part is unset where it was not looked at: with `--offline`, or as nothing calls for it. */

import type { MountTrap } from '../consumers/mounts.ts'
import type { ReloadTarget } from '../consumers/target.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { FaultCode, FaultRecord } from '../errors.ts'
import type { CertificateFacts, Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { MaterialId } from '../material.ts'
import type { ServerSideCheck } from '../server-side/host-view.ts'
import type { MaterialStatus } from '../status/rungs.ts'
import type { SkewLine } from '../status/skew.ts'

export interface DoctorFacts {
  readonly nowMs: EpochMs
  readonly uid: number
  readonly configuration: ConfigurationFacts
  readonly host?: HostFacts
  readonly containers?: ContainerFacts
  /** Those that no other check asks for. */
  readonly consumers?: readonly ConsumerFacts[]
  readonly systemd?: SystemdFacts
  /** Users whose managers must be there without a login: their containers and units go with them. */
  readonly users?: readonly UserFacts[]
  readonly server?: ServerFacts
  readonly skew?: readonly SkewLine[]
}

/** Without problems there is a configuration, and with it the rest. */
export interface ConfigurationFacts {
  readonly problems: readonly ConfigFlaw[]
}

export interface ConfigFlaw {
  readonly subject: string
  readonly expected: string
  readonly found: string
  readonly fix?: string
}

/** What a look at files and memory found. */
export interface HostFacts {
  readonly config: HostConfig
  readonly observation: Observation
  readonly statuses: readonly MaterialStatus[]
  readonly interrupted: boolean
  /** Files that decide something, and whether nobody else can put another one in their place. */
  readonly trusted: readonly GuardedFile[]
  readonly directories: readonly DirectoryFacts[]
  readonly authorities: readonly AuthorityFacts[]
}

export interface GuardedFile {
  readonly path: string
  readonly guarded: boolean
}

/** A directory that keyroller writes in. */
export interface DirectoryFacts {
  readonly path: string
  /** Permission bits, the sticky one included. */
  readonly mode: number
  readonly holdsKeys: boolean
  readonly freeBytes: number
  /** Unset where the file system makes inodes as it needs them. */
  readonly freeInodes?: number
}

/** Authorities that somebody must replace in time: those of a trust file, or those that sign a certificate. */
export interface AuthorityFacts {
  readonly subject: string
  readonly role: 'anchor' | 'issuer'
  readonly certificates: readonly CertificateFacts[]
}

export interface ContainerFacts {
  /** Of the podman of this host; unset where nobody needs one. */
  readonly socket?: string
  /** Why the socket does not take connections, as a system error code. */
  readonly refusal?: string
  readonly traps: readonly MountTrap[]
  readonly unseen?: string
}

export interface ConsumerFacts {
  readonly target: ReloadTarget
  /** What a person calls it: of a target whose consumers cannot be found out, its text. */
  readonly name: string
  readonly active: boolean
  readonly message: string
}

export interface SystemdFacts {
  /** Why the manager does not answer; nothing else is known then. */
  readonly silence?: string
  readonly timer?: TimerFacts
  readonly service?: ServiceFacts
  /** podman.socket, which systemd listens on for podman. */
  readonly podmanSocket?: Pick<TimerFacts, 'loadState' | 'fileState'>
  readonly units: readonly UnitFacts[]
}

export interface UnitFacts {
  readonly unit: string
  readonly materials: readonly MaterialId[]
  /** systemd's word: `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly loadState: string
  readonly activeState: string
  readonly canReload: boolean
  /** Told by a restart, so it need not be able to reload. */
  readonly restarts: boolean
}

export interface TimerFacts {
  readonly loadState: string
  readonly activeState: string
  /** `enabled`, `disabled`, `static`, `masked`, …; empty for a unit without a file. */
  readonly fileState: string
  /** The longest time between two starts; unset when it cannot be told. */
  readonly periodMs?: number
}

export interface ServiceFacts {
  readonly loadState: string
  readonly needsReload: boolean
  /** `success`, or what went wrong in systemd's word. */
  readonly result: string
  readonly exitStatus: number
  /** End of the last run since boot. */
  readonly lastRunMs?: EpochMs
  /** Unset: no limit. */
  readonly startTimeoutMs?: number
  readonly sandbox: SandboxFacts
}

/** What of the file system the service sees, as systemd.exec(5) words it. */
export interface SandboxFacts {
  readonly protectSystem: string
  readonly protectHome: string
  readonly privateTmp: boolean
  readonly readWrite: readonly string[]
  readonly readOnly: readonly string[]
  readonly inaccessible: readonly string[]
  readonly temporary: readonly string[]
  /** Destinations. */
  readonly binds: readonly string[]
  readonly readOnlyBinds: readonly string[]
}

export interface UserFacts {
  readonly name: string
  readonly lingers: boolean
}

export interface ServerFacts {
  /** Why there is no server to work with. */
  readonly fault?: FaultRecord
  /** The server's clock less this host's; what both can be off by is left to the check. */
  readonly offsetMs?: number
  readonly logins: readonly LoginFacts[]
  readonly serverSide: readonly ServerSideCheck[]
}

export interface LoginFacts {
  readonly subject: string
  readonly message: string
  /** Set when it could not log in. */
  readonly fault?: FaultCode
}
