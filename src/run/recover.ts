import type { HostConfig } from '../core/material.ts'
import type { Recovery } from '../core/run-events.ts'
import { clearJournal, readJournal } from '../files/journal.ts'
import { recoverSwitch } from '../files/recover-switch.ts'
import { sweepSets } from '../files/switch-sets.ts'
import { remember } from './executors/install.ts'
import type { MemoryStore } from './memory-store.ts'

/**
 * Finishes or undoes an interrupted switch. The reloads the journal tells of are remembered as owed before it is cleared,
 * also for sets that were undone: a consumer told once too often beats one not told. Needs the host lock; may be repeated.
 */
export async function recover(config: HostConfig, memory: MemoryStore): Promise<Recovery> {
  const journal = readJournal(config.stateDir)
  if (journal === undefined) return { sets: [] }
  if (journal === 'unreadable') {
    clearJournal(config.stateDir)
    return {
      sets: [],
      damaged: 'expected a journal of this version, found something else; files on disk decide',
    }
  }
  const sets = recoverSwitch(journal)
  const finished = new Set(
    sets.filter(({ outcome }) => outcome === 'finished').map(({ material }) => material),
  )
  const issued = journal.sets.flatMap(({ material, issued }) => {
    return issued && finished.has(material) ? [[material, issued] as const] : []
  })
  await memory.update((current) => remember(current, issued, journal.owed))
  clearJournal(config.stateDir)
  return { sets }
}

/** Leftovers of killed runs in every directory of the configuration, also where nothing is due. */
export function sweep(config: HostConfig): string[] {
  return config.materials.flatMap(({ files }) => {
    try {
      return sweepSets(files.map(({ path }) => path))
    } catch {
      // A directory that cannot be opened is the next plan's finding, not a reason to leave the others unswept.
      return []
    }
  })
}
