import type { Executor } from './executor.ts'
import { tellAndSettle } from './reload.ts'

/** Restarts what runs of one target; what did not come up again stays owed, and so does what was down before. */
export const restartExecutor: Executor<'restart'> = (step, context) =>
  tellAndSettle(step, context, async (run) => {
    const { restartTarget } = await import('../../reload/tell.ts')
    return restartTarget(step.target, run)
  })
