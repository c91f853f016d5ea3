import { linkSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import type { HeldDirectory } from '../held-directory.ts'
import { completeGeneration, makeGeneration, removeGeneration } from './generation-directory.ts'
import { linkText } from './generation-names.ts'
import { pointLink } from './point-link.ts'
import { readMiddle, standingOf, withVisible } from './standing.ts'

/** What is to lead through one middle link, and the generation to be made of what it shows now. */
export interface Adoption {
  readonly middle: string
  readonly generation: string
  readonly names: readonly string[]
}

/**
 * Makes every name that is there lead through the middle link, showing the bytes it shows now at every instant: hard links of
 * all files as they are make a generation, the middle link leads to it, and only then each name becomes a link. Each stage is
 * durable before the next, so that no power cut leaves a name that leads nowhere. May be repeated after a crash. Throws
 * `files-refused` or the plain system error.
 */
export async function adoptNames(directory: HeldDirectory, adoption: Adoption): Promise<void> {
  const { middle, generation, names } = adoption
  if (readMiddle(directory, middle) !== generation) {
    removeGeneration(directory, generation)
    await gather(directory, generation, names)
    pointLink(directory, middle, generation)
    await directory.sync()
  }
  for (const name of names) {
    const standing = standingOf(directory, name)
    const isElsewhere = standing.kind === 'file' || (standing.kind === 'link' && standing.middle !== middle)
    if (isElsewhere) pointLink(directory, name, linkText(middle, name))
  }
  await directory.sync()
}

async function gather(directory: HeldDirectory, generation: string, names: readonly string[]): Promise<void> {
  const held = makeGeneration(directory, generation)
  try {
    for (const name of names) withVisible(directory, name, (path) => linkFile(path, held, name))
    await completeGeneration(held)
  } finally {
    held.close()
  }
}

/** link(2) follows no link, but makes a second name of one that was put there meanwhile. */
function linkFile(path: string, held: HeldDirectory, name: string): void {
  try {
    linkSync(path, held.at(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (lstatSync(held.at(name)).isFile()) return
  throw new KeyrollerError('files-refused', `${join(held.path, name)}: expected a regular file, found a link`)
}
