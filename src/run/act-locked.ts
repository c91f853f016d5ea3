import type { RunResult } from '../core/run-events.ts'
import type { ActResult } from './act.ts'
import { leaveBehind } from './leave-behind.ts'
import type { MemoryStore } from './recording/memory-store.ts'
import type { RunRequest, Situation } from './request.ts'
import { workLocked } from './work-locked.ts'

/** What a person asks for, from a plan made under the lock. Throws what stops a run before it has one; all later is in the result. */
export async function actLocked(
  request: RunRequest,
  find: (memory: MemoryStore) => Situation,
): Promise<RunResult> {
  const { listener } = request
  const result = await workLocked(request, async (memory): Promise<ActResult> => {
    const situation = find(memory)
    listener.planned(situation.plan)
    const { act } = await import('./act.ts')
    return act(request, situation)
  })
  await leaveBehind(request, result, { isIdle: false, seen: () => result.seen })
  listener.ended(result)
  return result
}
