/** What an orchestrator has put into inboxes is taken in because somebody asks for it: a run of its own. */
import { join } from 'node:path'
import { isPushable, type MaterialId, type Pushable } from '../core/material.ts'
import { planAdoption } from '../core/planning/adopt.ts'
import { pushedFiles } from '../core/push/pushed-files.ts'
import type { RunResult } from '../core/run-events.ts'
import { isThere } from '../files/remove-file.ts'
import { actLocked } from './act-locked.ts'
import { observe } from './observing/observe.ts'
import type { MemoryStore } from './recording/memory-store.ts'
import type { RunRequest, Situation } from './request.ts'

export interface AdoptRequest extends RunRequest {
  /** Unset: every material with an inbox. */
  readonly only?: ReadonlySet<MaterialId>
}

/** Throws what stops a run before it has a plan; what is refused is in the result. Empty inboxes are a run with nothing to do. */
export function adopt(request: AdoptRequest): Promise<RunResult> {
  return actLocked(request, (memory) => findPushed(request, memory))
}

function findPushed({ config, host, only }: AdoptRequest, memory: MemoryStore): Situation {
  const startedMs = host.clock()
  const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
  const asked = config.materials.filter(isPushable).filter(({ id }) => only?.has(id) ?? true)
  const plan = planAdoption(config, observation, asked.filter(hasMail), startedMs)
  return { memory, observation, plan, startedMs, verb: 'adopt' }
}

/** Looks at names alone: whose they are, and whether they may be believed, is asked with the inbox held open. */
function hasMail(material: Pushable): boolean {
  return pushedFiles(material).some((name) => isThere(join(material.inbox, name)))
}
