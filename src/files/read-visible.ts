import { basename, dirname } from 'node:path'
import type { DirectoryHolder } from './held-directory.ts'
import { describeReadFault, type FileReading, readFile, readHeld } from './read-file.ts'
import { withVisible } from './switching/standing.ts'

/** `through`: the middle link it was reached by; unset for a file of its own. */
export type VisibleReading = FileReading & { readonly through?: string }

/**
 * A configured file as a consumer sees it: under its own name, or in the generation that our own two links lead to. The links
 * are read, not followed; any other link is refused. Never throws.
 */
export function readVisible(path: string, holder: DirectoryHolder): VisibleReading {
  const own = readFile(path, holder)
  return own.state === 'refused' ? readLinked(path, holder, own) : own
}

/** Most names stand for files of their own, and cost no more than opening them. */
function readLinked(path: string, holder: DirectoryHolder, refused: FileReading): VisibleReading {
  try {
    const directory = holder.hold(dirname(path))
    const reading = withVisible(directory, basename(path), (held, standing) => {
      return standing.kind === 'link' ? { ...readHeld(held), through: standing.middle } : refused
    })
    return reading ?? { state: 'missing', why: 'expected a file, found a link that leads to none' }
  } catch (error) {
    const reading = describeReadFault(error)
    if (reading.state === 'refused') return refused
    const why = 'expected a file, found a link that leads to none'
    return reading.state === 'missing' ? { ...reading, why } : reading
  }
}
