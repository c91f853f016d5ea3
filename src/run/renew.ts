/** One run: lock, recover, observe, plan, act, report. Everything keyroller does by timer goes through here. */
import { toFault } from '../core/errors.ts'
import { worstCode } from '../core/exit-codes.ts'
import { makePlan } from '../core/planning/plan.ts'
import type { RunResult } from '../core/run-events.ts'
import { exitOfRun } from '../core/run-exit.ts'
import { ensureOwnDirectory } from '../files/own/own-file.ts'
import { readJournal } from '../files/switching/journal.ts'
import type { ActResult } from './act.ts'
import type { Host } from './host.ts'
import { leaveBehind } from './leave-behind.ts'
import type { LookResult } from './observing/look.ts'
import { observe } from './observing/observe.ts'
import { lastExit } from './recording/last-exit.ts'
import { type MemoryStore, openMemory } from './recording/memory-store.ts'
import type { RenewRequest, Situation } from './request.ts'

/** What the first look found. `idle`: that was the run. `held`: so it was, but something waits and is told. */
export interface FirstLook {
  readonly kind: 'idle' | 'held' | 'work'
  readonly situation: Situation
}

/**
 * The first look needs no lock, since it only reads: with nothing due, owed or left behind, that was the run. Who tells the
 * run on can choose by its kind what to load for that.
 */
export function takeFirstLook(request: Omit<RenewRequest, 'listener'>): FirstLook {
  const situation = lookAt(request, openMemory(request.config.stateDir))
  if (hasWork(situation) || readJournal(request.config.stateDir) !== undefined)
    return { kind: 'work', situation }
  const { decisions, held } = situation.plan
  const isHeld = held.length > 0 || decisions.some(({ kind }) => kind === 'hold')
  return { kind: isHeld ? 'held' : 'idle', situation }
}

/**
 * Work is done under the lock and from a second look, so half-done work of another run that the first one saw decides
 * nothing. Throws what stops a run before it has a plan (lock, state directory); everything later is an outcome.
 */
export async function renew(request: RenewRequest, first: FirstLook): Promise<RunResult> {
  const { host, listener } = request
  const result: ActResult =
    first.kind === 'work' ? await renewLocked(request) : idleResult(host, first.situation)
  if (first.kind !== 'work') {
    listener.planned(first.situation.plan)
    await keepStatus(request, first, result)
  }
  await leaveBehind(request, result, {
    isIdle: first.kind === 'idle',
    seen: () => result.seen ?? lookAgain(request, first),
  })
  listener.ended(result)
  return result
}

/** A first look for single names has no plan for the others. */
async function lookAgain({ config, host, only }: RenewRequest, first: FirstLook): Promise<LookResult> {
  if (first.kind !== 'work' && !only) return lookOf(first.situation)
  const { look } = await import('./observing/look.ts')
  return look(config, host, { force: false })
}

/** Nothing was left to recover, or there would have been work. */
function lookOf({ plan, observation, memory, startedMs }: Situation): LookResult {
  return { plan, observation, memory: memory.current(), nowMs: startedMs, interrupted: false }
}

/** Locking, recovering and acting are imported only now: a run with nothing due must not pay for them. */
async function renewLocked(request: RenewRequest): Promise<ActResult> {
  const { workLocked } = await import('./work-locked.ts')
  return workLocked(request, async (memory): Promise<ActResult> => {
    const situation = lookAt(request, memory)
    request.listener.planned(situation.plan)
    if (!hasWork(situation)) return idleResult(request.host, situation)
    const { act } = await import('./act.ts')
    const result = await act(request, situation)
    const again = withoutAsking(request)
    const found = lookAfter(again, memory, result)
    return found ? joinResults(result, await act(again, found)) : result
  })
}

/** What was asked for has been done once. */
function withoutAsking({ enrolment: _, ...request }: RenewRequest): RenewRequest {
  return { ...request, force: false }
}

/** What a look of this run found revoked is renewed in this run: the first plan could not know. */
function lookAfter(
  request: RenewRequest,
  memory: MemoryStore,
  { outcomes }: RunResult,
): Situation | undefined {
  if (!outcomes.some(({ step, outcome }) => step.kind === 'check-revocation' && outcome !== 'skipped'))
    return undefined
  const situation = lookAt(request, memory)
  const isFound = situation.plan.decisions.some(
    ({ kind, reason }) => kind === 'renew' && reason === 'revoked',
  )
  if (!isFound) return undefined
  request.listener.planned(situation.plan)
  return situation
}

function joinResults(first: ActResult, second: ActResult): ActResult {
  const { seen: _, ...before } = first
  return {
    ...before,
    ...second,
    plan: {
      decisions: second.plan.decisions,
      steps: [...first.plan.steps, ...second.plan.steps],
      settled: [...first.plan.settled, ...second.plan.settled],
      held: second.plan.held,
    },
    outcomes: [...first.outcomes, ...second.outcomes],
    startedMs: first.startedMs,
    exit: worstCode([first.exit, second.exit]),
  }
}

function lookAt(
  { config, host, only, force, enrolment }: Omit<RenewRequest, 'listener'>,
  memory: MemoryStore,
): Situation {
  const startedMs = host.clock()
  const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
  const plan = makePlan(config, observation, startedMs, {
    force,
    ...(only ? { only } : {}),
    ...(enrolment ? { enrol: enrolment.identity } : {}),
  })
  return { memory, observation, plan, startedMs, verb: enrolment ? 'enroll' : 'renew' }
}

function hasWork({ plan, memory }: Situation): boolean {
  return plan.steps.length + plan.settled.length > 0 || memory.rebuilt !== undefined
}

function idleResult({ clock }: Host, { plan, startedMs }: Situation): RunResult {
  const exit = exitOfRun([], [...plan.decisions, ...plan.held])
  return { plan, outcomes: [], startedMs, endedMs: clock(), exit }
}

/**
 * With nothing done, status.json still has to be true: it is missing after a reboot, and holds come and go without a run that
 * acts. Everything else leaves it as it is.
 */
async function keepStatus(request: RenewRequest, first: FirstLook, result: RunResult): Promise<void> {
  const { config, host, only, listener } = request
  if (only || (first.kind === 'idle' && lastExit(config.runtimeDir) === result.exit)) return
  const { saveLook } = await import('./recording/save-status.ts')
  try {
    ensureOwnDirectory(config.runtimeDir, 0o755, host.uid)
    await saveLook(config, lookOf(first.situation), result)
  } catch (error) {
    listener.noted(toFault(error).message)
  }
}
