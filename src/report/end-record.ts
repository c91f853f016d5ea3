import { formatMoment } from '../core/duration.ts'
import { EXIT_CODES } from '../core/exit-codes.ts'
import type { RunResult } from '../core/run-events.ts'

/** The last record of a run: what it was, and when the next renewal falls due. */
export function endRecord({ plan, outcomes, startedMs, endedMs, exit, ledger }: RunResult) {
  const facts = { event: 'ended', exit, steps: outcomes.length, tookMs: endedMs - startedMs }
  const nextMs = Math.min(
    ...plan.decisions.flatMap(({ kind, dueAtMs }) => (kind === 'keep' && dueAtMs ? [dueAtMs] : [])),
  )
  const next = Number.isFinite(nextMs) ? { nextDueAt: formatMoment(nextMs) } : {}
  return {
    level: exit === 0 ? 'info' : 'error',
    // The journal is the copy of the head that a cut ledger shows against.
    facts: { ...facts, ...next, ...(ledger ? { ledgerSeq: ledger.seq, ledgerHash: ledger.hash } : {}) },
    message: messageOf(outcomes.length, exit),
  } as const
}

function messageOf(steps: number, exit: number): string {
  if (exit === 0) return steps === 0 ? 'nothing to do' : 'done'
  return Object.values(EXIT_CODES).find(({ code }) => code === exit)?.meaning ?? `exit ${exit}`
}
