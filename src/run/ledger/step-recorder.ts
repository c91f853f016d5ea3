/** Steps in the ledger: an intent that is durable before each effect, an outcome after it. */
import type { KeyrollerError } from '../../core/errors.ts'
import { certificateOf } from '../../core/facts.ts'
import { intentEntry, outcomeEntry } from '../../core/ledger/step-entries.ts'
import { hasEffect, STEP_RECORDS, WITHOUT_LEDGER } from '../../core/ledger/step-records.ts'
import { isUrgent } from '../../core/ledger/urgency.ts'
import type { StepOutcome } from '../../core/run-events.ts'
import { materialsOf, type Step } from '../../core/steps.ts'
import { alive, type RunContext } from '../context.ts'
import type { RunLedger } from './ledger.ts'

export interface StepRecorder {
  /** One append for all of them, which carries the outcomes before along. The fault is why their intents are not durable. */
  intend(steps: readonly Step[]): Promise<KeyrollerError | undefined>
  settle(outcome: StepOutcome): void
}

export function recordSteps(ledger: RunLedger, context: RunContext): StepRecorder {
  const intents = new Map<Step, number>()
  return {
    async intend(steps) {
      const effects = steps.filter(({ kind }) => hasEffect(kind))
      for (const step of effects) {
        const seq = ledger.add(intentEntry(step, context))
        if (seq !== undefined) intents.set(step, seq)
      }
      return effects.length === 0 ? undefined : ledger.flush()
    },
    settle(outcome) {
      const of = intents.get(outcome.step)
      if (isWorthAnEntry(outcome, of)) ledger.add(outcomeEntry(outcome, of, context))
    },
  }
}

/** What was skipped before anything was intended has not happened. */
function isWorthAnEntry({ step, outcome }: StepOutcome, intent: number | undefined): boolean {
  if (intent !== undefined || outcome === 'failed') return true
  return outcome === 'done' && STEP_RECORDS[step.kind] !== 'failure'
}

/**
 * Whether a step that nobody can write down is left to a later run. Of several materials those near the end of their
 * certificate go on, and the others fail with `ledger-failed`.
 */
export function mustWait(step: Step, context: RunContext, unrecorded: KeyrollerError): boolean {
  if (!hasEffect(step.kind)) return false
  switch (WITHOUT_LEDGER[step.kind]) {
    case 'goes-on':
      return false
    case 'waits':
      return true
    case 'urgent': {
      const nowMs = context.host.clock()
      const begun = alive(context, materialsOf(step))
      const left = begun.filter((id) => isUrgent(certificateOf(context.observation.materials.get(id)), nowMs))
      for (const id of begun) if (!left.includes(id)) context.failures.set(id, unrecorded)
      return begun.length > 0 && left.length === 0
    }
  }
}
