import type { EnrolmentSecret } from '../core/enrolment-secret.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import type { Observation } from '../core/facts.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { RunVerb } from '../core/ledger/entry.ts'
import type { MaterialId } from '../core/material.ts'
import type { Plan } from '../core/planning/plan.ts'
import type { RunListener } from '../core/run-events.ts'
import type { IssuedSet } from './context.ts'
import type { Host } from './host.ts'
import type { MemoryStore } from './recording/memory-store.ts'

/** What every run needs. */
export interface RunRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly lockWaitMs: number
  /** Aborted from outside, by SIGTERM or SIGINT. */
  readonly signal: AbortSignal
  readonly listener: RunListener
}

/** What is asked of a run that renews. */
export interface RenewRequest extends RunRequest {
  readonly only?: ReadonlySet<MaterialId>
  readonly force: boolean
  /** An identity that gets its pair with a secret made for this once. */
  readonly enrolment?: { readonly identity: MaterialId; readonly secret: EnrolmentSecret }
}

/** What a look at the host found, and what follows from it. */
export interface Situation {
  readonly memory: MemoryStore
  readonly observation: Observation
  readonly plan: Plan
  readonly startedMs: EpochMs
  /** What was asked for, as the ledger calls it. */
  readonly verb: RunVerb
  /** Sets that need not be issued: what a rollback installs again. */
  readonly restored?: ReadonlyMap<MaterialId, IssuedSet>
}
