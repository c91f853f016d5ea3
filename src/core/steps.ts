/**
 * Every act on the host or towards Vault is a value before it is an act. `run/apply.ts` holds one executor per kind, as a
 * mapped type over this union, so a new step does not compile until someone executes it.
 */

import type { ReloadTarget } from './consumers/target.ts'
import type { FileRepair } from './deciding/file-drift.ts'
import type { RefreshReason } from './deciding/refresh.ts'
import type { RenewalReason } from './deciding/renewal.ts'
import type { StoredReason } from './deciding/stored-files.ts'
import type { EpochMs } from './epoch-ms.ts'
import type { KeptSet, ReadableSet } from './kept-set.ts'
import type { AskedOrder } from './keysets/order.ts'
import type { StepReason as KeysetReason } from './keysets/steps-ahead.ts'
import type { MaterialId } from './material.ts'

export type Step = { readonly message: string } & (
  | { readonly kind: 'preflight'; readonly materials: readonly MaterialId[] }
  | { readonly kind: 'health'; readonly materials: readonly MaterialId[] }
  | { readonly kind: 'login'; readonly identity: MaterialId; readonly materials: readonly MaterialId[] }
  | { readonly kind: 'enrol'; readonly material: MaterialId }
  /** The control plane of a keyset must answer before anything that follows. */
  | { readonly kind: 'reach'; readonly material: MaterialId }
  | { readonly kind: 'clear'; readonly material: MaterialId; readonly paths: readonly string[] }
  | ({ readonly kind: 'order'; readonly material: MaterialId } & AskedOrder)
  | { readonly kind: 'refresh'; readonly material: MaterialId; readonly reason: LookReason }
  | { readonly kind: 'issue'; readonly material: MaterialId; readonly reason: RenewalReason }
  | { readonly kind: 'pin'; readonly material: MaterialId }
  | { readonly kind: 'prove'; readonly material: MaterialId }
  | { readonly kind: 'install'; readonly materials: readonly MaterialId[] }
  | { readonly kind: 'adopt'; readonly material: MaterialId }
  | { readonly kind: 'unpin'; readonly material: MaterialId }
  | { readonly kind: 'repair'; readonly material: MaterialId; readonly repairs: readonly FileRepair[] }
  | {
      readonly kind: 'reload'
      readonly target: ReloadTarget
      readonly materials: readonly MaterialId[]
      readonly owed?: OwedPart
    }
  | {
      /** Of a target that may be restarted, when telling it did not help. */
      readonly kind: 'restart'
      readonly target: ReloadTarget
      readonly materials: readonly MaterialId[]
    }
  | { readonly kind: 'retest'; readonly materials: readonly MaterialId[] }
  | { readonly kind: 'check-revocation'; readonly materials: readonly MaterialId[] }
  | { readonly kind: 'serve-check'; readonly material: MaterialId }
  | {
      readonly kind: 'revoke'
      readonly material: MaterialId
      readonly sets: readonly ReadableSet[]
      readonly withKey: boolean
    }
  | {
      readonly kind: 'prune'
      readonly materials: readonly MaterialId[]
      readonly sets: readonly KeptSet[]
      /** File names of those that stay, with their key, until their certificate is revoked. */
      readonly unlessRevoked?: readonly string[]
    }
)

export type LookReason = RefreshReason | StoredReason | KeysetReason | 'order-begun' | 'ordered'

export type StepKind = Step['kind']
export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>

/** What an earlier run left owed of a target. */
export interface OwedPart {
  readonly materials: readonly MaterialId[]
  readonly sinceMs: EpochMs
  readonly members?: readonly string[]
}

/** The materials a step works for: it is skipped once all of them have failed. */
export function materialsOf(step: Step): readonly MaterialId[] {
  return 'materials' in step ? step.materials : [step.material]
}
