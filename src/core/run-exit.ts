import type { Decision } from './deciding/decision.ts'
import type { OwedHold } from './deciding/owed-wait.ts'
import { FAULTS, type FaultCode } from './errors.ts'
import { type ExitName, worstExit } from './exit-codes.ts'

/**
 * The exit code of a run from the faults it met and the decisions it was held by. A material or a consumer that waits out an
 * earlier failure keeps that failure's code, so that a timer's unit does not turn green between two tries.
 */
export function exitOfRun(faults: readonly FaultCode[], decisions: readonly (Decision | OwedHold)[]): number {
  const held = decisions.flatMap((decision) =>
    decision.kind === 'hold' && decision.fault ? [decision.fault] : [],
  )
  return worstExit([...faults, ...held].map((code): ExitName => FAULTS[code].exit))
}
