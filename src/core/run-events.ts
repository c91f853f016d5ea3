/** What a run tells while it happens, and what it was when it is over. `run/` makes these, `report/` tells them on. */

import type { EpochMs } from './epoch-ms.ts'
import type { FaultRecord } from './errors.ts'
import type { LedgerHead } from './ledger/head.ts'
import type { MaterialId } from './material.ts'
import type { Plan } from './planning/plan.ts'
import type { SkewLine } from './status/skew.ts'
import type { Step } from './steps.ts'

export type StepOutcome = { readonly step: Step; readonly atMs: EpochMs; readonly tookMs: number } & (
  | { readonly outcome: 'done'; readonly message: string }
  | { readonly outcome: 'failed'; readonly fault: FaultRecord }
  /** `fault`: the run was told to stop before this step. */
  | { readonly outcome: 'skipped'; readonly message: string; readonly fault?: FaultRecord }
)

export interface RunResult {
  readonly plan: Plan
  readonly outcomes: readonly StepOutcome[]
  readonly startedMs: EpochMs
  readonly endedMs: EpochMs
  /** The exit code, by the faults met and the decisions held. */
  readonly exit: number
  /** What the server said of itself in this run. */
  readonly serverVersion?: string
  /** How far the ledger goes. */
  readonly ledger?: LedgerHead
}

/** What became of a set whose switch an earlier run did not finish. */
export interface RecoveredSet {
  readonly material: MaterialId
  readonly outcome: 'finished' | 'undone' | 'unclear'
  readonly message: string
}

export interface Recovery {
  readonly sets: readonly RecoveredSet[]
  /** Set when a journal was there but could not be read. */
  readonly damaged?: string
}

/** Called in the order of events; never throws. */
export interface RunListener {
  recovered(recovery: Recovery): void
  planned(plan: Plan): void
  started(step: Step): void
  stepped(outcome: StepOutcome): void
  /** The server is seen for the first time, or with another version than before. */
  skewed(server: string, lines: readonly SkewLine[]): void
  noted(note: string): void
  ended(result: RunResult): void
}
