/** Which faults of a run still stand at its end: what a later rung has mended is told in the log, and not in the exit code. */
import type { FaultRecord } from '../errors.ts'
import type { StepOutcome } from '../run-events.ts'
import type { Step } from '../steps.ts'

/**
 * A consumer told in the end is told, and a certificate served in the end is served. But not one that was replaced in between:
 * what is served after a rollback says nothing for the certificate that was not.
 */
export function standingFaults(outcomes: readonly StepOutcome[]): FaultRecord[] {
  const open = new Map<string, FaultRecord>()
  const closed: FaultRecord[] = []
  for (const one of outcomes) {
    if (one.step.kind === 'install' && one.outcome === 'done')
      for (const material of one.step.materials) settle(open, closed, `serve-check ${material}`)
    const key = keyOf(one.step)
    if (one.outcome === 'done') {
      if (key !== undefined) open.delete(key)
    } else if (one.fault) {
      if (key === undefined) closed.push(one.fault)
      else open.set(key, one.fault)
    }
  }
  return [...closed, ...open.values()]
}

function settle(open: Map<string, FaultRecord>, closed: FaultRecord[], key: string): void {
  const fault = open.get(key)
  if (!fault) return
  open.delete(key)
  closed.push(fault)
}

/** What a later step of the same run can make good; undefined where nothing does. */
function keyOf(step: Step): string | undefined {
  switch (step.kind) {
    case 'serve-check':
      return `serve-check ${step.material}`
    case 'reload':
    case 'restart':
      return `tell ${step.target.text}`
    default:
      return undefined
  }
}
