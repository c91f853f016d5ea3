/** What stands over the rungs: `synced`, the host is as configured; `verified`, a client proved it; `ready`, both. */
import type { Rung } from './rung.ts'
import type { MaterialStatus } from './rungs.ts'

export interface Conditions {
  readonly ready: Rung
  readonly synced: Rung
  readonly verified: Rung
}

type Reached = Pick<MaterialStatus, 'issued' | 'installed' | 'loaded' | 'served' | 'verified'>

export function conditionsOf({ issued, installed, loaded, served, verified }: Reached): Conditions {
  return {
    ready: joined(
      { issued, installed, loaded, served, verified },
      'every rung that is configured is reached',
    ),
    synced: joined({ issued, installed, loaded }, 'issued, installed, and whoever uses it was told'),
    verified,
  }
}

/** The first that is not reached stands for all, and one that is known not to be before one nobody knows of. */
function joined(rungs: Readonly<Record<string, Rung>>, good: string): Rung {
  const entries = Object.entries(rungs)
  const missed =
    entries.find(([, { state }]) => state === 'no') ?? entries.find(([, { state }]) => state === 'unknown')
  if (!missed) return { state: 'yes', reason: 'reached', message: good }
  const [name, { state, reason, message }] = missed
  return { state, reason, message: `not ${name}: ${message}` }
}
