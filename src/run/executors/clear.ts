import { removeHeld } from '../../files/remove-held.ts'
import type { Executor } from './executor.ts'

/** Then there is something to tell consumers of. Throws `files-refused`, `files-failed` at the first that cannot be removed. */
export const clearExecutor: Executor<'clear'> = async ({ material, paths }, context) => {
  const gone: string[] = []
  for (const path of paths) if (await removeHeld(path)) gone.push(path)
  context.changed.add(material)
  const there = paths.length - gone.length
  const rest = there > 0 ? [`${there} not there`] : []
  return {
    message: `${material}: ${[...gone.map((path) => `removed ${path}`), ...rest].join(', ') || 'nothing to remove'}`,
  }
}
