import { formatDuration, formatMoment } from '../core/duration.ts'
import type { RunResult } from '../core/run-events.ts'

/** What a verb that ran something prints with `--json`. */
export function resultJson({
  plan,
  outcomes,
  startedMs,
  endedMs,
  serverVersion,
  ledger,
  exit,
}: RunResult): object {
  return {
    schema: 1,
    exit,
    startedAt: formatMoment(startedMs),
    took: formatDuration(endedMs - startedMs),
    decisions: plan.decisions.map(({ material, kind, reason, message }) => ({
      material,
      action: kind,
      reason,
      message,
    })),
    held: plan.held.map(({ target, reason, message, retryAtMs }) => ({
      ...{ target, reason, message },
      retryAt: formatMoment(retryAtMs),
    })),
    steps: outcomes.map(({ step, atMs, ...rest }) => ({
      kind: step.kind,
      plan: step.message,
      at: formatMoment(atMs),
      ...rest,
    })),
    ...(serverVersion ? { serverVersion } : {}),
    ...(ledger ? { ledger } : {}),
  }
}
