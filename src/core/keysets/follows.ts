import type { EpochMs } from '../epoch-ms.ts'
import { afterStep } from './after-step.ts'
import type { Consequence } from './consequence.ts'
import type { KeysetDocument } from './document.ts'
import type { KeysetPolicy } from './policy.ts'
import { type KeysetStep, type StepAhead, stepsAhead } from './steps-ahead.ts'

/** The ends that fall due of themselves once these steps are done, and did not before. */
export function followsFrom(
  document: KeysetDocument,
  steps: readonly KeysetStep[],
  policy: KeysetPolicy,
  nowMs: EpochMs,
): Consequence[] {
  const take = (one: KeysetDocument, step: KeysetStep) => afterStep(one, step, { atMs: nowMs })
  const known = endsDue(document, policy, nowMs).map(nameOf)
  const brought: StepAhead[] = []
  let after = steps.reduce(take, document)
  for (;;) {
    const next = endsDue(after, policy, nowMs).find((one) => !known.includes(nameOf(one)))
    if (!next) return brought.map(told)
    brought.push(next)
    after = take(after, next.step)
  }
}

/** Each changes its version for good, so none is due twice. */
function endsDue(document: KeysetDocument, policy: KeysetPolicy, nowMs: EpochMs): StepAhead[] {
  const due = stepsAhead(document, policy, nowMs).filter(({ dueAtMs }) => dueAtMs <= nowMs)
  return due.filter(({ reason }) => reason === 'grace-over' || reason === 'retired')
}

function told(one: StepAhead): Consequence {
  return { reason: 'follows', message: `${nameOf(one)} follows at once: ${one.message}` }
}

function nameOf({ step }: StepAhead): string {
  return `${step.kind} version ${step.version}`
}
