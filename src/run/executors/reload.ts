import { KeyrollerError } from '../../core/errors.ts'
import type { OwedReload, RunMemory } from '../../core/memory.ts'
import type { StepOf } from '../../core/steps.ts'
import type { MemberResult } from '../../core/target.ts'
import { materialOf, type RunContext } from '../context.ts'
import type { Executor } from './executor.ts'

/** Tells one target; what was not told stays owed, what was told is owed no longer, both before the step is over. */
export const reloadExecutor: Executor<'reload'> = async (step, context) => {
  const results = await tell(step, context)
  const sentences = results.map((result) => sentenceOf(result, step, context)).join('; ')
  for (const result of results) context.told.set(result.member, result)
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const nowMs = context.host.clock()
  await context.memory.update((memory) => settle(memory, step.target.text, failed, nowMs))
  if (failed.length > 0) throw new KeyrollerError(faultOf(failed), `${step.target.text}: ${sentences}`)
  return { message: `${step.target.text}: ${sentences || 'selects nothing, nobody to tell'}` }
}

/** Telling again helps a consumer that did not answer, and never one that is not there. */
function faultOf(failed: readonly MemberResult[]): 'target-missing' | 'reload-failed' {
  return failed.every(({ fault }) => fault === 'target-missing') ? 'target-missing' : 'reload-failed'
}

/** A container that label and name both select is told once; the second target says so. */
function sentenceOf(result: MemberResult, { target }: StepOf<'reload'>, { told }: RunContext): string {
  const { member, name, outcome, message } = result
  const sentence = outcome === 'told' && told.has(member) ? 'told already in this run' : message
  return name === target.text ? sentence : `${name}: ${sentence}`
}

async function tell(step: StepOf<'reload'>, context: RunContext): Promise<MemberResult[]> {
  const [{ tellTarget }, { hookEnvironment }] = await Promise.all([
    import('../../reload/tell.ts'),
    import('../../reload/hook-environment.ts'),
  ])
  const { host, config, signal, told } = context
  const only = membersOwed(step, context)
  return tellTarget(step.target, {
    podmanSocket: config.podmanSocket,
    environment: host.env,
    signal,
    hookEnvironment: hookEnvironment(step.materials.map((id) => materialOf(context, id))),
    alreadyTold: told,
    ...(only ? { only: new Set(only) } : {}),
  })
}

/** Only the members an earlier run left owed, unless a material of this target was changed just now. */
function membersOwed(step: StepOf<'reload'>, { changed }: RunContext): readonly string[] | undefined {
  return step.materials.some((id) => changed.has(id)) ? undefined : step.owed?.members
}

function settle(
  memory: RunMemory,
  target: string,
  failed: readonly MemberResult[],
  nowMs: number,
): RunMemory {
  const others = memory.owed.filter((one) => one.target !== target)
  if (failed.length === 0) return { ...memory, owed: others }
  const debt = memory.owed.find((one) => one.target === target)
  const owed: OwedReload = {
    target,
    materials: debt?.materials ?? [],
    sinceMs: debt?.sinceMs ?? nowMs,
    attempts: (debt?.attempts ?? 0) + 1,
    members: failed.map(({ member }) => member),
    message: failed.map(({ name, message }) => `${name}: ${message}`).join('; '),
  }
  return { ...memory, owed: [...others, owed] }
}
