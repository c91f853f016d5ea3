/**
 * Switches whole file sets: after any crash, all files of a set are the new ones or all are the old ones.
 *
 *  1. stage every file, durable (concurrent fsyncs share a journal commit of the file system)
 *  2. sync the directories: the staged names must outlive a power cut before the journal speaks of them
 *  3. enter the journal, durable: from here on recovery rolls forward, and the reloads are owed
 *  4. place: the new files take the visible names, as their layout does it
 *  5. sync the directories
 *  6. drop what is left beside; the caller remembers what is owed, then settles the journal
 *
 * A set that fails is put back on its own; the others go on.
 */
import type { KeyrollerError } from '../../core/errors.ts'
import type { MaterialId } from '../../core/material.ts'
import type { OwedReload } from '../../core/memory.ts'
import { fileFault } from '../file-fault.ts'
import { type DirectoryHolder, openHolder, syncDirectories } from '../held-directory.ts'
import { enterJournal, type JournalSet, settleJournal } from './journal.ts'
import { directoriesOf, type FileSet } from './layout-work.ts'
import { switchOf } from './switch-of.ts'

export interface SwitchRequest {
  readonly stateDir: string
  readonly sets: readonly FileSet[]
  /** What the switch of these materials will owe; made durable before the first rename. */
  readonly owedFor: (materials: readonly MaterialId[]) => readonly OwedReload[]
}

export interface SwitchResult {
  /** Sets now in place. */
  readonly switched: readonly MaterialId[]
  /** Why the others are not; they are as they were. */
  readonly failed: ReadonlyMap<MaterialId, KeyrollerError>
  /** To be called once what is owed is remembered: until then a crash makes recovery remember it. Throws `state-failed`. */
  settle(): Promise<void>
}

/**
 * Rejects with `state-failed` when the journal cannot be written; everything is then as it was. Rejects with `files-failed`
 * when a rename can neither be undone nor made durable; the journal then stays, and recovery decides.
 */
export async function switchSets({ stateDir, sets, owedFor }: SwitchRequest): Promise<SwitchResult> {
  const holder = openHolder()
  const failed = new Map<MaterialId, KeyrollerError>()
  try {
    const staged = await syncStaged(await stageSets(sets, holder, failed), holder, failed)
    const entered = new Set(staged.map(({ material }) => material))
    if (staged.length > 0) await enter(stateDir, staged, owedFor, holder)
    const switched: JournalSet[] = []
    for (const set of staged) if (await placeSet(set, holder, failed)) switched.push(set)
    const [unsynced] = (await syncSets(staged, holder)).values()
    if (unsynced) throw unsynced
    for (const set of switched) switchOf(set).drop(set, holder)
    return {
      switched: switched.map(({ material }) => material),
      failed,
      settle: () => settleJournal(stateDir, entered),
    }
  } finally {
    holder.close()
  }
}

/** Enough for fsyncs to share journal commits; a thousand sets at once could run out of descriptors (EMFILE). */
const STAGED_AT_ONCE = 64

async function stageSets(
  sets: readonly FileSet[],
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): Promise<JournalSet[]> {
  const staged: JournalSet[] = []
  for (let first = 0; first < sets.length; first += STAGED_AT_ONCE) {
    const batch = sets.slice(first, first + STAGED_AT_ONCE)
    const done = await Promise.all(batch.map((set) => stageSet(set, holder, failed)))
    staged.push(...done.filter((set) => set !== undefined))
  }
  return staged
}

async function stageSet(
  set: FileSet,
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): Promise<JournalSet | undefined> {
  try {
    return await switchOf(set).stage(set, holder)
  } catch (error) {
    failed.set(set.material, fileFault(set.material, 'stage its files', error))
    return undefined
  }
}

/** Those of the staged sets whose every directory could be synced. */
async function syncStaged(
  sets: readonly JournalSet[],
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): Promise<JournalSet[]> {
  const faults = await syncSets(sets, holder)
  return sets.filter((set) => {
    const [fault] = directoriesOf(set).flatMap((path) => faults.get(path) ?? [])
    if (fault === undefined) return true
    switchOf(set).drop(set, holder)
    failed.set(set.material, fault)
    return false
  })
}

async function enter(
  stateDir: string,
  sets: readonly JournalSet[],
  owedFor: SwitchRequest['owedFor'],
  holder: DirectoryHolder,
): Promise<void> {
  try {
    await enterJournal(stateDir, sets, owedFor(sets.map(({ material }) => material)))
  } catch (error) {
    for (const set of sets) switchOf(set).drop(set, holder)
    throw error
  }
}

async function placeSet(
  set: JournalSet,
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): Promise<boolean> {
  const fault = await switchOf(set).place(set, holder)
  if (fault === undefined) return true
  switchOf(set).drop(set, holder)
  failed.set(set.material, fault)
  return false
}

function syncSets(sets: readonly JournalSet[], holder: DirectoryHolder) {
  const paths = new Set(sets.flatMap(directoriesOf))
  return syncDirectories([...paths].map((path) => holder.hold(path)))
}
