/** What a run leaves in the memory beside what its steps have saved themselves: failures with their backoff, and the server. */
import { rememberFailure } from '../core/backoff.ts'
import { toFault } from '../core/errors.ts'
import type { EpochMs } from '../core/material.ts'
import type { RunMemory } from '../core/memory.ts'
import type { Plan } from '../core/plan.ts'
import type { RunContext } from './context.ts'

export async function rememberOutcomes(context: RunContext, plan: Plan, nowMs: EpochMs): Promise<void> {
  const settled = new Set(plan.settled.map(({ target }) => target))
  const version = context.server.health?.version
  await context.memory.update((memory) => ({
    ...memory,
    materials: withFailures(memory.materials, context, nowMs),
    owed: memory.owed.filter(({ target }) => !settled.has(target)),
    ...(version ? { server: { version, atMs: nowMs } } : {}),
  }))
}

/** Being stopped is nobody's failure: the next run goes on without waiting. */
function withFailures(
  materials: RunMemory['materials'],
  { failures, observation }: RunContext,
  nowMs: EpochMs,
): RunMemory['materials'] {
  const next = { ...materials }
  for (const [id, fault] of failures) {
    if (fault.exit === 'interrupted') continue
    const expiresMs = observation.materials.get(id)?.leaf.certificate?.notAfterMs
    next[id] = { ...next[id], failure: rememberFailure(next[id]?.failure, toFault(fault), nowMs, expiresMs) }
  }
  return next
}
