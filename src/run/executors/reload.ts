import { settleTold } from '../../core/consumers/settle-owed.ts'
import type { MemberResult } from '../../core/consumers/target.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { StepOf } from '../../core/steps.ts'
import type { TellRun } from '../../reload/tell.ts'
import { reachOf } from '../consumers/reach.ts'
import { materialOf, type RunContext } from '../context.ts'
import type { Executor, StepDone } from './executor.ts'

/** Tells one target; what was not told stays owed, what was told is owed no longer, both before the step is over. */
export const reloadExecutor: Executor<'reload'> = (step, context) =>
  tellAndSettle(step, context, async (run) => {
    const { tellTarget } = await import('../../reload/tell.ts')
    const only = membersOwed(step, context)
    return tellTarget(step.target, { ...run, ...(only ? { only: new Set(only) } : {}) })
  })

/** The same for any means of telling. */
export async function tellAndSettle(
  step: StepOf<'reload' | 'restart'>,
  context: RunContext,
  tell: (run: TellRun) => Promise<MemberResult[]>,
): Promise<StepDone> {
  const results = await tell(await tellRun(step, context))
  const sentences = results.map((result) => sentenceOf(result, step)).join('; ')
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const { host, memory, observation, signal } = context
  const nowMs = host.clock()
  const target = step.target.text
  const told = { target, materials: step.materials, failed, before: observation.memory.owed }
  await memory.update((current) => settleTold(current, { ...told, isStopped: signal.aborted }, nowMs))
  if (failed.length > 0) throw new KeyrollerError(faultOf(failed), `${target}: ${sentences}`)
  return { message: `${target}: ${sentences || 'selects nothing, nobody to tell'}` }
}

/** Telling again helps a consumer that did not answer, and never one that is not there. */
function faultOf(failed: readonly MemberResult[]): 'target-missing' | 'reload-failed' {
  return failed.every(({ fault }) => fault === 'target-missing') ? 'target-missing' : 'reload-failed'
}

function sentenceOf({ name, message }: MemberResult, { target }: StepOf<'reload' | 'restart'>): string {
  return name === target.text ? message : `${name}: ${message}`
}

async function tellRun({ materials }: StepOf<'reload' | 'restart'>, context: RunContext): Promise<TellRun> {
  const { hookEnvironment } = await import('../../reload/hook-environment.ts')
  const { host, config, signal, told, restarted } = context
  return {
    ...reachOf(config, host),
    signal,
    hookEnvironment: hookEnvironment(materials.map((id) => materialOf(context, id))),
    alreadyTold: told,
    restarted,
  }
}

/** Only the members an earlier run left owed, unless a material of this target was changed just now. */
function membersOwed(step: StepOf<'reload'>, { changed }: RunContext): readonly string[] | undefined {
  return step.materials.some((id) => changed.has(id)) ? undefined : step.owed?.members
}
