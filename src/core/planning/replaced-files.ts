/** Which files of a material lose their bytes to what was decided, and what is said of it before it is done. */
import type { Decision } from '../deciding/decision.ts'
import { isOwnInstall } from '../deciding/installed-facts.ts'
import { formatDuration } from '../duration.ts'
import type { MaterialFacts, Observation, PresentFile } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { keepLimit } from './keep-limit.ts'

/** Whether there is anything that the files of this decision will replace. */
export function replacesFiles(decision: Decision, facts: MaterialFacts): boolean {
  return replacedFiles(decision, facts).length > 0
}

/** A new certificate replaces every file that is there; a repair those whose content is not that of the set. */
function replacedFiles(decision: Decision, facts: MaterialFacts): PresentFile[] {
  const present = facts.files.filter((file) => file.state === 'present')
  switch (decision.kind) {
    case 'renew':
    case 'restore':
    case 'adopt':
    case 'recover':
    case 'refresh':
      return present
    case 'repair': {
      const rewritten = new Set(
        decision.repairs.flatMap(({ how, path }) => (how === 'rewrite' ? [path] : [])),
      )
      return present.filter(({ spec }) => rewritten.has(spec.path))
    }
    case 'keep':
    case 'hold':
      return []
  }
}

/**
 * What is said of files that these decisions replace and that are not known to be keyroller's: those of a certificate it
 * did not install, and those that were changed since. Undefined when there are none.
 */
export function adoptionNotice(
  decisions: readonly Decision[],
  { materials, memory }: Observation,
  config: HostConfig,
): string | undefined {
  const foreign = decisions.flatMap((decision) => {
    const facts = materials.get(decision.material)
    if (!facts) return []
    const isOwn = isOwnInstall(memory.materials[decision.material], facts)
    return replacedFiles(decision, facts).filter(({ content }) => !isOwn || content === 'stale')
  })
  if (foreign.length === 0) return undefined
  const decided = new Set(decisions.map(({ material }) => material))
  const keepsAll = config.materials.every((one) => !decided.has(one.id) || keepLimit(config, one) > 0)
  const files = `${foreign.length} ${foreign.length === 1 ? 'file' : 'files'} not known to be keyroller's`
  return `replaces ${files}, ${keepsAll ? `kept for ${formatDuration(config.previous.graceMs)}` : 'not kept'}`
}
