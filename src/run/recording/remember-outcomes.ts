/** What a run leaves in the memory beside what its steps have saved themselves: failures with their backoff, and the server. */

import { rememberFailure } from '../../core/deciding/backoff.ts'
import type { Decision } from '../../core/deciding/decision.ts'
import type { EpochMs } from '../../core/epoch-ms.ts'
import { toFault } from '../../core/errors.ts'
import { certificateOf } from '../../core/facts.ts'
import type { LedgerMemory, RetestMemory, RunMemory, ServerMemory } from '../../core/memory.ts'
import type { Plan } from '../../core/planning/plan.ts'
import type { RunContext } from '../context.ts'

export async function rememberOutcomes(
  context: RunContext,
  plan: Plan,
  nowMs: EpochMs,
  ledger: LedgerMemory | undefined,
): Promise<void> {
  const settled = new Set(plan.settled.map(({ target }) => target))
  const version = context.server.health?.version
  await context.memory.update((memory) => ({
    ...memory,
    materials: withFailures(withoutStale(memory.materials, context, plan), context, plan, nowMs),
    owed: memory.owed.filter(({ target }) => !settled.has(target)),
    ...(version ? { server: serverAfter(memory.server, version, context.server.retest, nowMs) } : {}),
    ...(ledger ? { ledger } : {}),
  }))
}

/** A test is remembered until the next one: what it found stands until then. */
function serverAfter(
  before: ServerMemory | undefined,
  version: string,
  tested: RetestMemory | undefined,
  nowMs: EpochMs,
): ServerMemory {
  const retest = tested ?? before?.retest
  return { version, atMs: nowMs, ...(retest ? { retest } : {}) }
}

/**
 * What is found in order has got over its failure, whoever mended it. And a renewal that was begun ends a rollback also when
 * it failed: it was asked for, or it could not wait, and is tried again. Unless this very run has gone back from it.
 */
function withoutStale(
  materials: RunMemory['materials'],
  { issued: sets }: RunContext,
  { decisions }: Plan,
): RunMemory['materials'] {
  const next = { ...materials }
  for (const { kind, material } of decisions) {
    const { failure, ...rest } = next[material] ?? {}
    if (kind === 'keep' && failure !== undefined) next[material] = rest
    const isBack = sets.get(material)?.remember.rolledBackFrom !== undefined
    if (kind === 'renew' && rest.issued?.rolledBackFrom !== undefined && !isBack) {
      const { rolledBackFrom: _, rolledBackWhy: __, ...issued } = rest.issued
      next[material] = { ...next[material], issued }
    }
  }
  return next
}

/** What a person asks for once: that it failed keeps nothing else waiting. */
const ONCE: ReadonlySet<Decision['kind']> = new Set(['restore', 'adopt', 'recover'])

/**
 * Being stopped is nobody's failure: the next run goes on without waiting. Nor does a rollback or a push that failed keep a
 * renewal waiting.
 */
function withFailures(
  materials: RunMemory['materials'],
  { failures, observation }: RunContext,
  { decisions }: Plan,
  nowMs: EpochMs,
): RunMemory['materials'] {
  const next = { ...materials }
  const given = new Set(decisions.flatMap(({ kind, material }) => (ONCE.has(kind) ? [material] : [])))
  for (const [id, fault] of failures) {
    if (fault.exit === 'interrupted' || given.has(id)) continue
    const expiresMs = certificateOf(observation.materials.get(id))?.notAfterMs
    next[id] = { ...next[id], failure: rememberFailure(next[id]?.failure, toFault(fault), nowMs, expiresMs) }
  }
  return next
}
