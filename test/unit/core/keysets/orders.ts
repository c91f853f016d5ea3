/** An order as a person is shown it, and the document after it. */
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { answerOrder } from '../../../../src/core/keysets/answer-order.ts'
import type { KeysetDocument } from '../../../../src/core/keysets/document.ts'
import type { KeysetOrder } from '../../../../src/core/keysets/order.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import { NOW_MS } from '../builders.ts'
import { factsOf, type Gate, QUARTERLY } from './life.ts'

export const DATA: KeysetPolicy = { ...QUARTERLY, kind: 'aes-256', underHold: 'accept' }

/** Its steps, its sentence, and a line for each consequence; of a refusal the sentence and the hint. */
export function told(
  document: KeysetDocument,
  order: KeysetOrder,
  policy = QUARTERLY,
  shut: readonly Gate[] = [],
): string[] {
  const answer = answerOrder(document, policy, factsOf(document, shut), order, NOW_MS)
  if (answer.kind === 'refused') return [`refused: ${answer.message}`, answer.hint]
  return [
    answer.steps.map(({ kind, version }) => `${kind} ${version}`).join(', '),
    answer.message,
    ...answer.consequences.map(({ reason, message }) => `${reason}: ${message}`),
  ]
}

export function done(document: KeysetDocument, order: KeysetOrder, policy = QUARTERLY): KeysetDocument {
  const answer = answerOrder(document, policy, factsOf(document), order, NOW_MS)
  const steps = answer.kind === 'steps' ? answer.steps : []
  return steps.reduce((one, step) => afterStep(one, step, { atMs: NOW_MS }), document)
}
