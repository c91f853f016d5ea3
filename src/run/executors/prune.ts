import { removeKeptSets } from '../../files/own/kept-sets.ts'
import type { Executor } from './executor.ts'

/**
 * What is too old goes in any case. What is only too many was counted with what this run was to keep: of a material that
 * failed it stays, since nothing came to take its place.
 */
export const pruneExecutor: Executor<'prune'> = async (step, context) => {
  const { config, host, failures } = context
  const { stateDir, previous } = config
  const nowMs = host.clock()
  const awaits = new Set(step.unlessRevoked?.filter((fileName) => !context.revoked.has(fileName)))
  const sets = step.sets.filter(({ fileName }) => !awaits.has(fileName))
  const due = sets.filter(
    ({ material, keptAtMs }) => nowMs >= keptAtMs + previous.graceMs || !failures.has(material),
  )
  const [fault] = removeKeptSets(stateDir, due, previous).values()
  if (fault) throw fault
  if (awaits.size > 0 && due.length === 0) return { message: 'not revoked yet, so nothing is removed' }
  if (due.length === 0) return { message: 'nothing was replaced, so nothing more is removed' }
  return { message: `${due.length} kept ${due.length === 1 ? 'set' : 'sets'} ${removed(previous.shred)}` }
}

function removed(shred: boolean): string {
  return shred ? 'overwritten and removed' : 'removed'
}
