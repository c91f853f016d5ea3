/** What a set leaves in its directory that nothing leads to any more. Nobody may use what is removed here: needs the host lock. */
import { type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import type { HeldDirectory } from '../held-directory.ts'
import { removeQuietly } from '../remove-file.ts'
import { holdGeneration, isGenerationThere, removeGeneration } from './generation-directory.ts'
import { isGenerationOf, middleOf } from './generation-names.ts'
import { readMiddle, standingOf } from './standing.ts'

/**
 * Removes all generations but the current one and the one before it, which stays for whoever has it open; that is the newest
 * of the others unless it is named. With no current one nothing is removed on doubt. Gives the names; what cannot be removed
 * stays. Throws when the directory cannot be read.
 */
export function pruneGenerations(directory: HeldDirectory, middle: string, before?: string): string[] {
  const current = readMiddle(directory, middle)
  if (current === undefined) return []
  const others = generationsOf(directory, middle).filter((name) => name !== current)
  const kept = before ?? others.toSorted((a, b) => madeAt(directory, b) - madeAt(directory, a))[0]
  const beyond = others.filter((name) => name !== kept)
  for (const name of beyond) removeGeneration(directory, name)
  return beyond
}

/** Nothing comes into a generation or leaves it once it is complete. */
function madeAt(directory: HeldDirectory, generation: string): number {
  return lstatSync(directory.at(generation)).mtimeMs
}

/** Removes a middle link and every generation of it, when no name leads through it. Gives the names; throws as above. */
export function removeUnused(directory: HeldDirectory, middle: string): string[] {
  if (readMiddle(directory, middle) === undefined) return []
  const entries = readdirSync(directory.at('.'), { withFileTypes: true })
  if (entries.some((entry) => leadsThrough(directory, entry, middle))) return []
  const generations = generationsOf(directory, middle)
  // The link last: as long as it is there, what could not be removed is found again.
  for (const name of generations) removeGeneration(directory, name)
  if (generationsOf(directory, middle).length === 0) removeQuietly(directory.at(middle))
  return [...generations, middle]
}

function leadsThrough(directory: HeldDirectory, entry: Dirent, middle: string): boolean {
  if (!entry.isSymbolicLink()) return false
  return middleOf(readlinkSync(directory.at(entry.name)), entry.name) === middle
}

/** Removes links to files that the generation of before had and the current one has not: they lead nowhere. */
export function removeDangling(
  directory: HeldDirectory,
  middle: string,
  before: string,
  names: ReadonlySet<string>,
): void {
  if (!isGenerationThere(directory, before)) return
  const held = holdGeneration(directory, before)
  try {
    for (const name of readdirSync(held.at('.')).filter((one) => !names.has(one))) {
      const standing = standingOf(directory, name)
      if (standing.kind === 'link' && standing.middle === middle) removeQuietly(directory.at(name))
    }
  } finally {
    held.close()
  }
}

function generationsOf(directory: HeldDirectory, middle: string): string[] {
  const names = readdirSync(directory.at('.')).filter((name) => isGenerationOf(middle, name))
  return names.filter((name) => isGenerationThere(directory, name))
}
