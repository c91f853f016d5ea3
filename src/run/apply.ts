/** Carries out a plan: steps in order, neighbours of one kind together as far as their kind allows. */

import { forEachBounded } from '../core/concurrency.ts'
import { KeyrollerError, toFault } from '../core/errors.ts'
import { tellWaves } from '../core/planning/tell-waves.ts'
import type { RunListener, StepOutcome } from '../core/run-events.ts'
import { materialsOf, type Step, type StepKind } from '../core/steps.ts'
import { escalate } from './consumers/escalate.ts'
import { alive, type RunContext } from './context.ts'
import { adoptExecutor } from './executors/adopt.ts'
import { checkRevocationExecutor } from './executors/check-revocation.ts'
import { clearExecutor } from './executors/clear.ts'
import { enrolExecutor } from './executors/enrol.ts'
import type { Executor, StepDone } from './executors/executor.ts'
import { healthExecutor } from './executors/health.ts'
import { installExecutor } from './executors/install.ts'
import { issueExecutor } from './executors/issue.ts'
import { loginExecutor } from './executors/login.ts'
import { orderExecutor } from './executors/order.ts'
import { pinExecutor } from './executors/pin.ts'
import { preflightExecutor } from './executors/preflight.ts'
import { proveExecutor } from './executors/prove.ts'
import { pruneExecutor } from './executors/prune.ts'
import { reachExecutor } from './executors/reach.ts'
import { refreshExecutor } from './executors/refresh.ts'
import { reloadExecutor } from './executors/reload.ts'
import { repairExecutor } from './executors/repair.ts'
import { restartExecutor } from './executors/restart.ts'
import { retestExecutor } from './executors/retest.ts'
import { revokeExecutor } from './executors/revoke.ts'
import { serveCheckExecutor } from './executors/serve-check.ts'
import { unpinExecutor } from './executors/unpin.ts'
import { mustWait, type StepRecorder } from './ledger/step-recorder.ts'

const EXECUTORS: { readonly [K in StepKind]: Executor<K> } = {
  preflight: preflightExecutor,
  health: healthExecutor,
  login: loginExecutor,
  enrol: enrolExecutor,
  reach: reachExecutor,
  clear: clearExecutor,
  order: orderExecutor,
  refresh: refreshExecutor,
  issue: issueExecutor,
  pin: pinExecutor,
  prove: proveExecutor,
  install: installExecutor,
  adopt: adoptExecutor,
  unpin: unpinExecutor,
  repair: repairExecutor,
  reload: reloadExecutor,
  restart: restartExecutor,
  retest: retestExecutor,
  'check-revocation': checkRevocationExecutor,
  'serve-check': serveCheckExecutor,
  revoke: revokeExecutor,
  prune: pruneExecutor,
}

/**
 * How many steps of a kind run at once: consumers in the order of the plan, restarts one after another; and what reads a mapping
 * and writes it is alone, at least on this host.
 */
const AT_ONCE: Record<StepKind, number | 'vault-concurrency' | 'max-parallel'> = {
  preflight: 1,
  health: 1,
  login: 'vault-concurrency',
  enrol: 1,
  reach: 1,
  clear: 1,
  order: 1,
  refresh: 1,
  issue: 'vault-concurrency',
  pin: 1,
  prove: 'vault-concurrency',
  install: 1,
  adopt: 1,
  unpin: 1,
  repair: 1,
  reload: 'max-parallel',
  restart: 1,
  retest: 1,
  'check-revocation': 1,
  'serve-check': 8,
  revoke: 1,
  prune: 1,
}

/**
 * Every step gets an outcome, and so do those that follow from a look that found something not served. A step that fails stops
 * its own materials and nothing else; once the run is to stop, what is left is skipped. Never rejects for what a step met.
 */
export async function applySteps(
  steps: readonly Step[],
  context: RunContext,
  listener: RunListener,
  recorder: StepRecorder,
): Promise<StepOutcome[]> {
  const outcomes: StepOutcome[] = []
  const groups = neighboursOfOneKind(steps)
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    const limit = limitOf(group[0], context)
    const unrecorded = await recorder.intend(group.filter((step) => goesOn(step, context)))
    for (const wave of wavesOf(group))
      await forEachBounded(wave, limit, async (step) => {
        const outcome = await applyStep(step, context, listener, unrecorded)
        recorder.settle(outcome)
        outcomes.push(outcome)
        listener.stepped(outcome)
      })
    if (group[0].kind === 'serve-check')
      groups.unshift(...neighboursOfOneKind(await escalate(outcomes, context)))
  }
  return outcomes
}

function neighboursOfOneKind(steps: readonly Step[]): [Step, ...Step[]][] {
  const groups: [Step, ...Step[]][] = []
  for (const step of steps) {
    const last = groups.at(-1)
    if (last?.[0].kind === step.kind) last.push(step)
    else groups.push([step])
  }
  return groups
}

function limitOf({ kind }: Step, { config }: RunContext): number {
  const limit = AT_ONCE[kind]
  if (limit === 'vault-concurrency') return config.renewal.concurrency
  return limit === 'max-parallel' ? config.renewal.maxParallel : limit
}

function wavesOf(group: readonly Step[]): readonly (readonly Step[])[] {
  const reloads = group.filter((step) => step.kind === 'reload')
  return reloads.length > 0 ? tellWaves(reloads) : [group]
}

function goesOn(step: Step, context: RunContext): boolean {
  return stopReason(context) === undefined && reasonToSkip(step, context) === undefined
}

async function applyStep(
  step: Step,
  context: RunContext,
  listener: RunListener,
  unrecorded: KeyrollerError | undefined,
): Promise<StepOutcome> {
  const atMs = context.host.clock()
  const took = () => ({ step, atMs, tookMs: context.host.clock() - atMs })
  const stop = stopReason(context)
  if (stop) return { ...took(), outcome: 'skipped', message: stop.message, fault: toFault(stop) }
  if (unrecorded && mustWait(step, context, unrecorded))
    return { ...took(), outcome: 'skipped', message: unrecorded.message, fault: toFault(unrecorded) }
  const skip = reasonToSkip(step, context)
  if (skip !== undefined) return { ...took(), outcome: 'skipped', message: skip }
  listener.started(step)
  try {
    const { message, failed } = await execute(step, context)
    for (const [id, fault] of failed ?? []) context.failures.set(id, fault)
    const [first, ...others] = failed?.values() ?? []
    // One fault stands for the step; none of the others goes untold.
    const untold = new Set(others.map(({ message }) => message).filter((text) => text !== first?.message))
    for (const message of untold) listener.noted(message)
    return first
      ? { ...took(), outcome: 'failed', fault: toFault(first) }
      : { ...took(), outcome: 'done', message }
  } catch (error) {
    const fault = stopReason(context) ?? error
    if (stopsMaterials(step, fault))
      for (const id of materialsOf(step)) context.failures.set(id, asFault(fault))
    return { ...took(), outcome: 'failed', fault: toFault(fault) }
  }
}

/** The mapped type guarantees that kind and executor belong together; only the compiler cannot see it through the index. */
function execute(step: Step, context: RunContext): Promise<StepDone> {
  const executor = EXECUTORS[step.kind] as Executor<StepKind>
  return executor(step, context)
}

function reasonToSkip(step: Step, context: RunContext): string | undefined {
  if (step.kind === 'reload') return owesSomebody(step, context) ? undefined : 'nothing new was installed'
  if (step.kind === 'prune' || alive(context, materialsOf(step)).length > 0) return undefined
  return 'an earlier step for it failed'
}

/** A consumer is told when files changed in this run, or when an earlier run left it owed. */
function owesSomebody(step: Step & { kind: 'reload' }, { changed }: RunContext): boolean {
  return step.owed !== undefined || step.materials.some((id) => changed.has(id))
}

function stopReason({ signal }: RunContext): KeyrollerError | undefined {
  return signal.aborted && signal.reason instanceof KeyrollerError ? signal.reason : undefined
}

/**
 * What a consumer does wrong is owed and unserved, what another server version breaks or a list does not tell is remembered on
 * its own, an old copy or an old certificate in a mapping that stays is tried again by the next run, and what was pushed and is
 * refused was never here, what a person asked for in vain keeps no keyset from its life, and whom a register lists still is in no file
 * any more: none of it says anything against the material.
 */
function stopsMaterials({ kind }: Step, fault: unknown): boolean {
  const isListed = fault instanceof KeyrollerError && fault.code === 'register-failed'
  return !HARMLESS.has(kind) && !isListed
}

const HARMLESS: ReadonlySet<StepKind> = new Set([
  'adopt',
  'order',
  'unpin',
  'reload',
  'restart',
  'serve-check',
  'retest',
  'check-revocation',
  'revoke',
  'prune',
])

function asFault(error: unknown): KeyrollerError {
  return error instanceof KeyrollerError
    ? error
    : new KeyrollerError('internal', toFault(error).message, { cause: error })
}
