/**
 * Removes what killed runs left in the directories of file sets: own patterns only, what a journal still needs excepted. Only
 * the holder of the host lock may do it, so nothing else that is found is in use.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout, MaterialId } from '../../core/material.ts'
import { type HeldDirectory, openHolder } from '../held-directory.ts'
import { removeFile } from '../remove-file.ts'
import { splitPath } from '../stage-file.ts'
import { removeLeftover } from './generation-directory.ts'
import { middleName } from './generation-names.ts'
import type { NameTest } from './journal.ts'
import { pruneGenerations, removeUnused } from './prune-generations.ts'
import { standingOf } from './standing.ts'

/** What may be swept of a material: which layout it has, and where its files belong. */
export interface SweptSet {
  readonly material: MaterialId
  readonly layout: Layout
  readonly paths: readonly string[]
}

/** The paths removed. A directory that cannot be opened keeps no other: it is the next plan's finding. */
export function sweepSets(sets: readonly SweptSet[], isNeeded: NameTest): string[] {
  const holder = openHolder()
  try {
    const places = sets.flatMap((set) => directoriesOf(set).map((path) => ({ path, set })))
    const sweepIn = (path: string, sweep: (directory: HeldDirectory) => string[]): string[] => {
      try {
        return sweep(holder.hold(path)).map((name) => join(path, name))
      } catch {
        return []
      }
    }
    return [
      ...[...new Set(places.map(({ path }) => path))].flatMap((path) =>
        sweepIn(path, (directory) => sweepLeftovers(directory, isNeeded)),
      ),
      ...places.flatMap(({ path, set }) => sweepIn(path, (directory) => sweepSet(directory, set, isNeeded))),
    ]
  } finally {
    holder.close()
  }
}

function directoriesOf({ paths }: SweptSet): string[] {
  return [...new Set(paths.map((path) => splitPath(path).directory))]
}

const OWN_LEFTOVER = /^\.keyroller-[0-9a-f]{16}\.(?:staged|previous)$/

/** Staged and previous files, links and directories. A link goes as a link; a directory that is not ours stays. */
export function sweepLeftovers(directory: HeldDirectory, isNeeded: NameTest): string[] {
  const found = readdirSync(directory.at('.'), { withFileTypes: true })
  return found.flatMap((entry) => {
    if (!OWN_LEFTOVER.test(entry.name) || isNeeded(entry.name)) return []
    if (entry.isDirectory()) return removeLeftover(directory, entry.name) ? [entry.name] : []
    removeFile(directory.at(entry.name))
    return [entry.name]
  })
}

function sweepSet(directory: HeldDirectory, { material, layout, paths }: SweptSet, isNeeded: NameTest) {
  const middle = middleName(material)
  if (isNeeded(middle)) return []
  if (layout === 'generation') return pruneGenerations(directory, middle)
  const names = paths.map(splitPath).filter((one) => one.directory === directory.path)
  // While a name is missing, a generation may hold the only copy of what belongs under it.
  const isComplete = names.every(({ name }) => standingOf(directory, name).kind === 'file')
  return isComplete ? removeUnused(directory, middle) : []
}
