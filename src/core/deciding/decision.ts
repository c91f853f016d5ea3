/** What was decided of a material, as data: the kinds, with a stable reason word and a sentence each. */

import type { EpochMs } from '../epoch-ms.ts'
import type { FaultCode } from '../errors.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { AskedOrder } from '../keysets/order.ts'
import type { StepReason as KeysetReason } from '../keysets/steps-ahead.ts'
import type { MaterialId } from '../material.ts'
import type { FileRepair } from './file-drift.ts'
import type { RefreshReason } from './refresh.ts'
import type { RenewalReason } from './renewal.ts'
import type { StoredReason } from './stored-files.ts'

export type Decision = {
  readonly material: MaterialId
  readonly message: string
  readonly dueAtMs?: EpochMs
} & (
  | { readonly kind: 'keep'; readonly reason: 'current' | 'rolled-back' }
  | { readonly kind: 'renew'; readonly reason: RenewalReason }
  /** Asked for by `rollback` alone: what was kept is installed again. */
  | { readonly kind: 'restore'; readonly reason: 'rollback'; readonly serial: string }
  /** Asked for by `adopt` alone: something lies in the inbox. */
  | { readonly kind: 'adopt'; readonly reason: 'pushed' }
  /** Asked for by `keyset recover` alone: caches go, consumers are restarted. */
  | { readonly kind: 'recover'; readonly reason: 'break-glass' }
  /** Of what follows a source: it is looked at, and the files change only when it has. */
  | { readonly kind: 'refresh'; readonly reason: RefreshReason | StoredReason | KeysetReason | 'order-begun' }
  /** A person asks something of a keyset first. */
  | { readonly kind: 'refresh'; readonly reason: 'ordered'; readonly asked: AskedOrder }
  | { readonly kind: 'repair'; readonly reason: 'file-drift'; readonly repairs: readonly FileRepair[] }
  /** Nothing is wrong; it waits for its time. */
  | {
      readonly kind: 'hold'
      readonly reason: 'outside-window' | 'gate-shut'
      readonly fault?: never
      readonly retryAtMs?: never
    }
  | {
      readonly kind: 'hold'
      readonly reason: HoldReason
      readonly fault: FaultCode
      readonly retryAtMs?: EpochMs
    }
)

export type Hold = Extract<Decision, { readonly fault: FaultCode }>

export type HoldReason =
  | 'no-anchors'
  | 'owner-unknown'
  | 'no-password'
  | 'on-disk'
  | 'not-enrolled'
  | 'identity-unusable'
  | 'backing-off'
  | 'key-not-reusable'

export interface PlanOptions {
  /** Only these materials; unset means every one. */
  readonly only?: ReadonlySet<MaterialId>
  /** Renew what is selected although it is not due, and in spite of backoff. */
  readonly force: boolean
  /** This identity is let in with an enrolment secret, so the pair on disk need not log in. */
  readonly enrol?: MaterialId
  /** What a person asks of a keyset. */
  readonly order?: AskedOrder & { readonly material: MaterialId }
}

/** What every decision is made from. */
export interface DecisionInput {
  readonly config: HostConfig
  readonly observation: Observation
  readonly nowMs: EpochMs
  readonly options: PlanOptions
}
