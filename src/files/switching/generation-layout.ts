/**
 * The layout `generation`: one rename of the middle link switches all files, so no instant shows old and new together.
 * Whatever stands under the names first comes to lead through the middle link, with the bytes it has.
 */
import { join } from 'node:path'
import type { KeyrollerError } from '../../core/errors.ts'
import { fileFault } from '../file-fault.ts'
import type { DirectoryHolder, HeldDirectory } from '../held-directory.ts'
import { removeGeneration, removeLeftover } from './generation-directory.ts'
import { leftoverName, middleName } from './generation-names.ts'
import type { GenerationSet } from './journal.ts'
import type { LayoutSwitch } from './layout-work.ts'
import { pruneGenerations, removeDangling, removeUnused } from './prune-generations.ts'
import { stageGeneration } from './stage-generation.ts'
import { standingOf } from './standing.ts'
import { beforeOf, currentOf, restoreGeneration, switchGeneration } from './switch-generation.ts'

export const generationSwitch: LayoutSwitch<GenerationSet> = {
  stage: stageGeneration,
  place: placeGeneration,
  drop: dropGeneration,
}

async function placeGeneration(
  set: GenerationSet,
  holder: DirectoryHolder,
): Promise<KeyrollerError | undefined> {
  const directory = holder.hold(set.directory)
  try {
    await switchGeneration(set, directory)
    return undefined
  } catch (error) {
    const path = join(set.directory, middleName(set.material))
    restoreGeneration(set, directory)
    // Nothing may lead to the new generation on disk either before it is dropped.
    await directory.sync().catch((cause: unknown) => {
      throw fileFault(path, 'put back what was there before', cause)
    })
    return fileFault(path, 'switch it', error)
  }
}

function dropGeneration(set: GenerationSet, holder: DirectoryHolder): void {
  try {
    const directory = holder.hold(set.directory)
    removeLeftover(directory, leftoverName(set.generation))
    const current = currentOf(directory, middleName(set.material))
    if (current === set.generation) dropOlder(set, directory)
    else dropUndone(set, directory, current)
  } catch {}
}

function dropOlder(set: GenerationSet, directory: HeldDirectory): void {
  const middle = middleName(set.material)
  const names = new Set(set.files.map(({ name }) => name))
  if (set.previous !== undefined) removeDangling(directory, middle, set.previous, names)
  pruneGenerations(directory, middle, beforeOf(set, directory))
  for (const former of set.former ?? []) removeUnused(directory, former)
}

function dropUndone(set: GenerationSet, directory: HeldDirectory, current: string | undefined): void {
  for (const generation of [set.generation, set.adopted])
    if (generation !== current) removeGeneration(directory, generation)
  // What was adopted is of no use where every name still stands for itself.
  const isUntouched = set.files.every(({ name }) => standingOf(directory, name).kind === 'file')
  if (isUntouched) removeUnused(directory, middleName(set.material))
}
