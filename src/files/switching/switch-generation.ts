import { lstatSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileFault } from '../file-fault.ts'
import type { HeldDirectory } from '../held-directory.ts'
import { removeFile } from '../remove-file.ts'
import { adoptNames } from './adopt-names.ts'
import { holdGeneration, isGenerationThere } from './generation-directory.ts'
import { leftoverName, linkText, middleName } from './generation-names.ts'
import type { GenerationSet } from './journal.ts'
import { pointLink } from './point-link.ts'
import { isVisible, readMiddle, type Standing, standingOf } from './standing.ts'

/** From wherever the switch stands: the last step leads all names to the new generation at one instant. */
export async function switchGeneration(set: GenerationSet, directory: HeldDirectory): Promise<void> {
  const { material, generation, adopted } = set
  const middle = middleName(material)
  const names = set.files.map(({ name }) => name)
  // Everything that stands there is looked at before anything changes.
  readMiddle(directory, middle)
  const standings = names.map((name) => standingOf(directory, name))
  if (!isGenerationThere(directory, generation)) {
    renameSync(directory.at(leftoverName(generation)), directory.at(generation))
    // What was swapped for something else cannot be held, and is not led to.
    holdGeneration(directory, generation).close()
  }
  const isElsewhere = (one: Standing) => isVisible(one) && !(one.kind === 'link' && one.middle === middle)
  if (standings.some(isElsewhere)) await adoptNames(directory, { middle, generation: adopted, names })
  // A name that is not there yet leads nowhere until the middle link is switched: then all files appear at once.
  for (const name of names)
    if (!isLinkThrough(directory, middle, name)) pointLink(directory, name, linkText(middle, name))
  if (readMiddle(directory, middle) !== generation) pointLink(directory, middle, generation)
}

/** Leads back to the generation of before, or to nothing when there was none. What others put there since stays. Throws `files-failed`. */
export function restoreGeneration(set: GenerationSet, directory: HeldDirectory): void {
  const middle = middleName(set.material)
  if (currentOf(directory, middle) === set.generation) {
    const before = beforeOf(set, directory)
    if (before === undefined) removeNamed(directory, middle)
    else pointLink(directory, middle, before)
  }
  if (lstatSync(directory.at(middle), { throwIfNoEntry: false })) return
  for (const { name } of set.files) if (isLinkThrough(directory, middle, name)) removeNamed(directory, name)
}

/** The generation that was led to before the new one. */
export function beforeOf({ adopted, previous }: GenerationSet, directory: HeldDirectory): string | undefined {
  return isGenerationThere(directory, adopted) ? adopted : previous
}

/** Undefined also for a middle link that is not ours: then no generation is the current one. */
export function currentOf(directory: HeldDirectory, middle: string): string | undefined {
  try {
    return readMiddle(directory, middle)
  } catch {
    return undefined
  }
}

function isLinkThrough(directory: HeldDirectory, middle: string, name: string): boolean {
  try {
    const standing = standingOf(directory, name)
    return standing.kind === 'link' && standing.middle === middle
  } catch {
    return false
  }
}

function removeNamed(directory: HeldDirectory, name: string): void {
  try {
    removeFile(directory.at(name))
  } catch (cause) {
    throw fileFault(join(directory.path, name), 'put back what was there before', cause)
  }
}
