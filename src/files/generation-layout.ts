/**
 * The layout `generation`: one rename of the middle link switches all files, so no instant shows old and new together.
 * Whatever stands under the names first comes to lead through the middle link, with the bytes it has.
 */
import { join } from 'node:path'
import type { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { removeGeneration, removeLeftover } from './generation-directory.ts'
import { leftoverName, middleName } from './generation-names.ts'
import type { DirectoryHolder } from './held-directory.ts'
import type { GenerationSet } from './journal.ts'
import type { LayoutSwitch } from './layout-work.ts'
import { pruneGenerations, removeDangling, removeUnused } from './prune-generations.ts'
import { stageGeneration } from './stage-generation.ts'
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
  const { material, generation, adopted, former = [], files } = set
  try {
    const directory = holder.hold(set.directory)
    const middle = middleName(material)
    removeLeftover(directory, leftoverName(generation))
    const current = currentOf(directory, middle)
    for (const one of current === generation ? [] : [generation, adopted])
      if (one !== current) removeGeneration(directory, one)
    if (current !== generation) return
    if (set.previous !== undefined)
      removeDangling(directory, middle, set.previous, new Set(files.map(({ name }) => name)))
    pruneGenerations(directory, middle, beforeOf(set, directory))
    for (const one of former) removeUnused(directory, one)
  } catch {}
}
