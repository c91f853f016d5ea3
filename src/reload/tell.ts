/**
 * Whom to tell, and whether they answered. What consumers do wrong is a result, never an exception: one that is down or
 * hung must not keep the others from being told.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type MemberResult, mayRestart, type ReloadTarget } from '../core/consumers/target.ts'
import { KeyrollerError } from '../core/errors.ts'
import { within } from './deadline.ts'
import type { Member, Teller, TellReach } from './teller.ts'
import { tellerFor } from './tellers.ts'

export interface TellRun extends TellReach {
  /** Members still owed from an earlier run: only these are told, and each of them gets exactly one result. */
  readonly only?: ReadonlySet<string>
  /** Results of this run so far, by member, added to by every call. A member met through another target is not told twice. */
  readonly alreadyTold: ToldMembers
  /** The same of restarts, by what was restarted: of a container that a unit starts that is the unit. */
  readonly restarted: ToldMembers
}

/** Who is being told at this moment is in it already. */
export type ToldMembers = Map<string, MemberResult | Promise<MemberResult>>

/**
 * Tells every member of a target, one after another in the teller's order, each with a deadline of `target.timeoutMs`.
 * An empty list means that the target selects nothing. When the members cannot be found out, the result is one failed
 * member `target:TEXT` that stands for all of them (or each of `only`, failed). Throws only faults of keyroller itself.
 */
export function tellTarget(target: ReloadTarget, run: TellRun): Promise<MemberResult[]> {
  const { tell, restart } = tellerFor(target)
  const isRestart = 'restart' in target && target.restart === 'always'
  return tellMembers(target, run, isRestart && restart ? byRestart(restart, run) : byTelling(tell, run))
}

/**
 * The stronger means, for when telling did not help: restarts every member that runs, with the same results as
 * `tellTarget`; who was told in this run is not spared, but who was restarted is. Only for a target that `mayRestart`; one that
 * may not answers with a failed member that says so, and nobody is touched.
 */
export async function restartTarget(target: ReloadTarget, run: TellRun): Promise<MemberResult[]> {
  const { restart } = tellerFor(target)
  if (restart && mayRestart(target)) return tellMembers(target, run, byRestart(restart, run))
  return failWhole(
    target,
    run,
    new KeyrollerError('reload-failed', 'expected a target that may be restarted'),
  )
}

interface Means {
  readonly act: Teller<ReloadTarget>['tell']
  /** Whom it was done to, by `keyOf`. */
  readonly done: ToldMembers
  readonly keyOf: (member: Member) => string
  readonly repeated: string
}

function byTelling(act: Means['act'], { alreadyTold }: TellRun): Means {
  return { act, done: alreadyTold, keyOf: ({ id }) => id, repeated: 'told already in this run' }
}

/** However it was told before, and whatever else starts it: it stops once. */
function byRestart(act: Means['act'], { restarted }: TellRun): Means {
  const keyOf = ({ id, restartedAs }: Member) => restartedAs ?? id.replace(/\?.*$/s, '')
  return { act, done: restarted, keyOf, repeated: 'restarted already in this run' }
}

async function tellMembers(target: ReloadTarget, run: TellRun, means: Means): Promise<MemberResult[]> {
  const found = await findMembers(tellerFor(target), target, run)
  if (found instanceof KeyrollerError) return failWhole(target, run, found)
  const owed = found.filter(({ id }) => isOwed(target, run, id))
  return [...goneMembers(target, run, found), ...(await goRound(owed, target, run, means))]
}

/** One after another. With a pause between them a member that fails ends the round: the next may fare no better. */
async function goRound(
  members: readonly Member[],
  target: ReloadTarget,
  run: TellRun,
  means: Means,
): Promise<MemberResult[]> {
  const results: MemberResult[] = []
  const { delayMs } = target
  for (const member of members) {
    const failed = results.find(({ outcome }) => outcome === 'failed')
    if (delayMs !== undefined && failed) results.push(spared(member, failed))
    else {
      if (delayMs !== undefined && results.length > 0) await pause(delayMs, run.signal)
      results.push(await tellOnce(means, member, target, run))
    }
  }
  return results
}

function spared({ id, name }: Member, failed: MemberResult): MemberResult {
  const message = `expected ${failed.name} to be told before it, found that it failed`
  return { member: id, name, outcome: 'failed', fault: 'reload-failed', message }
}

/** The end of the run ends it; what comes after finds the same end. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** Who is met a second time has the result of the first, also while that is still to come. */
async function tellOnce(
  means: Means,
  member: Member,
  target: ReloadTarget,
  run: TellRun,
): Promise<MemberResult> {
  const key = means.keyOf(member)
  // Nothing may be awaited between the question and the answer, or two targets told at once would both find nobody.
  const known = means.done.get(key)
  if (known === undefined) {
    const result = tellPatiently(means, member, target, run)
    means.done.set(key, result)
    return result
  }
  const earlier = await known
  const message = earlier.outcome === 'told' ? means.repeated : earlier.message
  return { ...earlier, member: member.id, name: member.name, message }
}

const RETRY_AFTER_MS = 1000

/** As often as the target says. A consumer that is not there does not come by being asked again. */
async function tellPatiently(
  means: Means,
  member: Member,
  target: ReloadTarget,
  run: TellRun,
): Promise<MemberResult> {
  let result = await tellMember(means, member, target, run)
  for (let left = target.retries ?? 0; left > 0 && result.fault === 'reload-failed'; left -= 1) {
    if (run.signal.aborted) return result
    await pause(RETRY_AFTER_MS, run.signal)
    result = await tellMember(means, member, target, run)
  }
  return result
}

/** The member that stands for a whole target whose members are not known. */
export function wholeTarget(target: ReloadTarget): string {
  return `target:${target.text}`
}

async function findMembers(
  teller: Teller<ReloadTarget>,
  target: ReloadTarget,
  run: TellRun,
): Promise<readonly Member[] | KeyrollerError> {
  try {
    return await within({ timeoutMs: target.timeoutMs, signal: run.signal }, (signal) =>
      teller.members(target, { ...run, signal }),
    )
  } catch (error) {
    return expectedFault(error)
  }
}

async function tellMember(
  means: Means,
  member: Member,
  target: ReloadTarget,
  run: TellRun,
): Promise<MemberResult> {
  const named = { member: member.id, name: member.name }
  try {
    const message = await within({ timeoutMs: target.timeoutMs, signal: run.signal }, (signal) =>
      means.act(member, target, { ...run, signal }),
    )
    return { ...named, outcome: 'told', message }
  } catch (error) {
    return { ...named, outcome: 'failed', ...failure(expectedFault(error)) }
  }
}

/** What a consumer that could not be told did wrong. Any other error goes up: it is keyroller's own. */
function expectedFault(error: unknown): KeyrollerError {
  if (error instanceof KeyrollerError && error.exit === 'owed') return error
  throw error
}

/** The same, as a sentence. */
export function expectedFailure(error: unknown): string {
  return expectedFault(error).message
}

function failure({ code, message }: KeyrollerError): Pick<MemberResult, 'fault' | 'message'> {
  return { fault: code === 'target-missing' ? code : 'reload-failed', message }
}

function failWhole(
  target: ReloadTarget,
  { only }: Pick<TellRun, 'only'>,
  fault: KeyrollerError,
): MemberResult[] {
  const members = only ? [...only] : [wholeTarget(target)]
  // Nobody is meant any more by the name: what was owed to one that had it ended with that one.
  if (fault.code === 'target-missing' && only && !only.has(wholeTarget(target)))
    return goneMembers(target, { only }, [])
  return members.map((member) => ({ member, name: target.text, outcome: 'failed', ...failure(fault) }))
}

function isOwed(target: ReloadTarget, { only }: TellRun, member: string): boolean {
  return !only || only.has(member) || only.has(wholeTarget(target))
}

/**
 * Owed members that are there no more. They owe nothing: files are switched before anyone is told, so whatever took
 * their place was created later and started with the new files.
 */
function goneMembers(
  target: ReloadTarget,
  { only }: Pick<TellRun, 'only'>,
  found: readonly Member[],
): MemberResult[] {
  const there = new Set(found.map(({ id }) => id))
  const gone = [...(only ?? [])].filter((member) => !there.has(member) && member !== wholeTarget(target))
  return gone.map((member) => ({
    member,
    name: target.text,
    outcome: 'told',
    message: `${member} is gone; what took its place started with the new files`,
  }))
}
