/** What stays owed once a target was told, or a client has looked. Pure: the memory before in, the memory after out. */

import { isBackingOff } from '../deciding/backoff.ts'
import { afterTry } from '../deciding/owed-wait.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId } from '../material.ts'
import { mergeOwed, type OwedReload, type RunMemory } from '../memory.ts'
import type { MemberResult } from './target.ts'

export interface Told {
  readonly target: string
  readonly materials: readonly MaterialId[]
  readonly failed: readonly MemberResult[]
  /** What was owed when the run began: however often a run tells a target, it counts as one try. */
  readonly before: readonly OwedReload[]
  /** The run was told to stop: that is nobody's failure, and the next one goes on without waiting. */
  readonly isStopped: boolean
}

/** Nothing when every member answered, and else those that did not. */
export function settleTold(memory: RunMemory, told: Told, nowMs: EpochMs): RunMemory {
  const { target, failed, before, isStopped } = told
  const others = memory.owed.filter((one) => one.target !== target)
  if (failed.length === 0) return { ...memory, owed: others }
  const begun = before.find((one) => one.target === target)
  const debt = memory.owed.find((one) => one.target === target) ?? begun
  const left: OwedReload = {
    target,
    materials: debt?.materials ?? told.materials,
    sinceMs: debt?.sinceMs ?? nowMs,
    attempts: debt?.attempts ?? 0,
    members: failed.map(({ member }) => member),
    message: failed.map(({ name, message }) => `${name}: ${message}`).join('; '),
  }
  return { ...memory, owed: [...others, isStopped ? left : afterTry(left, begun, memory, nowMs)] }
}

/** All of `unserved` is owed again: who answered and does not serve the certificate has been told in vain. */
export function oweUnserved(
  memory: RunMemory,
  unserved: readonly OwedReload[],
  before: readonly OwedReload[],
  nowMs: EpochMs,
): RunMemory {
  const again = unserved.map((one): OwedReload => {
    const known = memory.owed.find(({ target }) => target === one.target)
    // Tried by this very run already, or not to be tried by it.
    if (isBackingOff(known, nowMs)) {
      const { attempts, atMs, retryAtMs } = known
      return { ...one, attempts, atMs, retryAtMs }
    }
    const begun = before.find(({ target }) => target === one.target)
    const sinceMs = begun?.sinceMs ?? one.sinceMs
    return afterTry({ ...one, sinceMs }, begun, memory, nowMs)
  })
  return { ...memory, owed: mergeOwed([...memory.owed, ...again]) }
}
