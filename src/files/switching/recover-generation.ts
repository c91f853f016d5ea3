/** Recovery of the layout `generation`: the new one is whole, and led to, or what was led to before stays. */
import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import type { DirectoryHolder, HeldDirectory } from '../held-directory.ts'
import { describeReadFault, type FileReading, readHeld } from '../read-file.ts'
import { holdGeneration, isGenerationThere } from './generation-directory.ts'
import { leftoverName, middleName } from './generation-names.ts'
import type { GenerationSet } from './journal.ts'
import type { LayoutRecovery } from './layout-work.ts'
import { withVisible } from './standing.ts'
import { restoreGeneration, switchGeneration } from './switch-generation.ts'

export const generationRecovery: LayoutRecovery<GenerationSet> = { refuseAbsence, finish, restore }

/** A switch never takes all of these names away from a set that was there: then the directory is, but not what was in it. */
function refuseAbsence(set: GenerationSet, holder: DirectoryHolder): void {
  const directory = holder.hold(set.directory)
  if (!set.replaces) return
  const visible = set.files.map(({ name }) => name)
  const ours = [middleName(set.material), set.generation, leftoverName(set.generation)]
  const isThere = (name: string) => lstatSync(directory.at(name), { throwIfNoEntry: false }) !== undefined
  if ([...visible, ...ours].some(isThere)) return
  throw new KeyrollerError(
    'files-failed',
    `${join(set.directory, visible[0] ?? '')}: expected it, old or new, found nothing: not mounted, or removed`,
  )
}

async function finish(set: GenerationSet, holder: DirectoryHolder): Promise<string | undefined> {
  const directory = holder.hold(set.directory)
  if (!isWhole(set, directory)) return 'not all files were staged'
  try {
    await switchGeneration(set, directory)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function isWhole({ generation, files }: GenerationSet, directory: HeldDirectory): boolean {
  const name = isGenerationThere(directory, generation) ? generation : leftoverName(generation)
  if (!isGenerationThere(directory, name)) return false
  const held = holdGeneration(directory, name)
  try {
    return files.every((file) => isNew(read(held, file.name), file.sha256))
  } finally {
    held.close()
  }
}

function read(held: HeldDirectory, name: string): FileReading {
  try {
    return readHeld(held.at(name))
  } catch (error) {
    const reading = describeReadFault(error)
    if (reading.state !== 'unreadable') return reading
    throw new KeyrollerError('files-failed', `${join(held.path, name)}: ${reading.why}`)
  }
}

function isNew(reading: FileReading, sha256: string): boolean {
  if (reading.state !== 'present') return false
  return createHash('sha256').update(reading.content).digest('hex') === sha256
}

function restore(set: GenerationSet, holder: DirectoryHolder): string[] {
  const directory = holder.hold(set.directory)
  restoreGeneration(set, directory)
  if (!set.replaces) return []
  return set.files.flatMap(({ name }) => {
    const isThere = withVisible(directory, name, (path) => lstatSync(path, { throwIfNoEntry: false }))
    return isThere === undefined ? [join(set.directory, name)] : []
  })
}
