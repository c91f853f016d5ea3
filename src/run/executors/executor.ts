import type { KeyrollerError } from '../../core/errors.ts'
import type { MaterialId } from '../../core/material.ts'
import type { StepKind, StepOf } from '../../core/steps.ts'
import type { RunContext } from '../context.ts'

/**
 * Carries out one step. Throws a KeyrollerError when the whole step failed, for all of its materials; a step for several
 * materials reports those that failed alone in `failed`. Handed only materials that are still alive.
 */
export type Executor<K extends StepKind> = (step: StepOf<K>, context: RunContext) => Promise<StepDone>

export interface StepDone {
  /** What was done, for log and ledger. */
  readonly message: string
  readonly failed?: ReadonlyMap<MaterialId, KeyrollerError>
}
