import { basename, join } from 'node:path'
import { directoryOf } from '../core/file-spec.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { MaterialId } from '../core/material.ts'
import type { RecoveredSet, Recovery } from '../core/run-events.ts'
import { sweepKeptSets } from '../files/own/kept-sets.ts'
import { sweepOwnDirectory } from '../files/own/own-file.ts'
import { type Journal, neededNames, readJournal, settleJournal } from '../files/switching/journal.ts'
import { pathsOf } from '../files/switching/layout-work.ts'
import { recoverSwitch } from '../files/switching/recover-switch.ts'
import { sweepSets } from '../files/switching/sweep-sets.ts'
import { relabel } from './consumers/relabel.ts'
import { remember } from './executors/install.ts'
import type { MemoryStore } from './recording/memory-store.ts'

/**
 * Finishes or undoes interrupted switches. The reloads the journal tells of are remembered as owed before their sets are
 * settled, also for sets that were undone: a consumer told once too often beats one not told. Sets that cannot be decided
 * stay in the journal for the next time. Needs the host lock; may be repeated.
 */
export async function recover(
  { stateDir, runtimeDir }: HostConfig,
  memory: MemoryStore,
  uid: number,
): Promise<Recovery> {
  for (const directory of [stateDir, runtimeDir]) sweepOwnDirectory(directory)
  sweepKeptSets(stateDir)
  const journal = readJournal(stateDir)
  if (journal === undefined) return { sets: [] }
  if (journal === 'unreadable') return { sets: [], damaged: DAMAGED }
  const sets = await recoverSwitch(journal)
  const withOutcome = (...outcomes: RecoveredSet['outcome'][]) =>
    new Set(sets.filter(({ outcome }) => outcomes.includes(outcome)).map(({ material }) => material))
  const [finished, settled] = [withOutcome('finished'), withOutcome('finished', 'undone')]
  const issued = journal.sets.flatMap(({ material, issued }) => {
    return issued && finished.has(material) ? [[material, issued] as const] : []
  })
  const owed = journal.owed.filter(({ materials }) => materials.some((id) => settled.has(id)))
  await memory.update((current) => remember(current, issued, owed))
  const unlabelled = await relabel(finishedPaths(journal, finished), uid)
  await settleJournal(stateDir, settled)
  return { sets: unlabelled === undefined ? sets : sets.map((set) => withNote(set, unlabelled)) }
}

function finishedPaths({ sets }: Journal, finished: ReadonlySet<MaterialId>): string[] {
  return sets.filter(({ material }) => finished.has(material)).flatMap(pathsOf)
}

function withNote(set: RecoveredSet, note: string): RecoveredSet {
  return set.outcome === 'finished' ? { ...set, message: `${set.message}; ${note}` } : set
}

/** Whatever lies around may be the only copy of a key whose certificate is in place: so nothing is removed on doubt. */
const DAMAGED =
  'expected a journal of this version, found something else; files on disk decide, and it stays, with every leftover, until the next switch'

/** Leftovers of killed runs in every directory of the configuration, also where nothing is due. */
export function sweep({ stateDir, materials }: HostConfig): string[] {
  const sets = materials.map(({ id, layout, files }) => {
    return { material: id, layout, paths: files.map((spec) => join(directoryOf(spec), basename(spec.path))) }
  })
  return sweepSets(sets, neededNames(stateDir))
}
