/**
 * Switches whole file sets: after any crash, all files of a set are the new ones or all are the old ones.
 *
 *  1. stage every file beside its target, durable (concurrent fsyncs share a journal commit of the file system)
 *  2. keep a link to each file that will be replaced
 *  3. sync the directories: the staged names must outlive a power cut before the journal speaks of them
 *  4. enter the journal, durable: from here on recovery rolls forward, and the reloads are owed
 *  5. rename back to back
 *  6. sync the directories
 *  7. drop the links of step 2; the caller remembers what is owed, then settles the journal
 *
 * A set that fails is undone on its own; the others go on.
 */
import type { KeyrollerError } from '../core/errors.ts'
import type { MaterialId } from '../core/material.ts'
import type { IssuedMemory, OwedReload } from '../core/memory.ts'
import { fileFault } from './file-fault.ts'
import { type DirectoryHolder, openHolder, syncDirectories } from './held-directory.ts'
import { enterJournal, type JournalFile, type JournalSet, type NameTest, settleJournal } from './journal.ts'
import { type FileImage, splitPath, sweepLeftovers } from './stage-file.ts'
import { dropLeftovers, restoreFile, stageForSwitch, switchFile } from './switch-file.ts'

export interface FileSet {
  readonly material: MaterialId
  readonly images: readonly FileImage[]
  readonly issued?: IssuedMemory
}

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
    const switched = staged.filter((set) => renameSet(set, holder, failed))
    const [unsynced] = (await syncSets(staged, holder)).values()
    if (unsynced) throw unsynced
    for (const set of switched) dropSet(set, holder)
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
  { material, images, issued }: FileSet,
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): Promise<JournalSet | undefined> {
  const results = await Promise.allSettled(images.map((image) => stageForSwitch(image, holder)))
  const files = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const set = { material, files, ...(issued ? { issued } : {}) }
  const fault = results.find((result) => result.status === 'rejected')
  if (fault === undefined) return set
  dropSet(set, holder)
  failed.set(material, fileFault(material, 'stage its files', fault.reason))
  return undefined
}

/** Those of the staged sets whose every directory could be synced. */
async function syncStaged(
  sets: readonly JournalSet[],
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): Promise<JournalSet[]> {
  const faults = await syncSets(sets, holder)
  return sets.filter((set) => {
    const [fault] = set.files.flatMap(({ directory }) => faults.get(directory) ?? [])
    if (fault === undefined) return true
    dropSet(set, holder)
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
    for (const set of sets) dropSet(set, holder)
    throw error
  }
}

function renameSet(
  set: JournalSet,
  holder: DirectoryHolder,
  failed: Map<MaterialId, KeyrollerError>,
): boolean {
  const done: JournalFile[] = []
  try {
    for (const file of set.files) {
      switchFile(file, holder)
      done.push(file)
    }
    return true
  } catch (error) {
    for (const file of done) restoreFile(file, holder)
    dropSet(set, holder)
    failed.set(set.material, fileFault(set.material, 'switch its files', error))
    return false
  }
}

function dropSet({ files }: JournalSet, holder: DirectoryHolder): void {
  for (const file of files) dropLeftovers(file, holder)
}

function syncSets(sets: readonly JournalSet[], holder: DirectoryHolder) {
  const paths = new Set(sets.flatMap(({ files }) => files.map(({ directory }) => directory)))
  return syncDirectories([...paths].map((path) => holder.hold(path)))
}

/** Removes leftovers of killed runs, those needed excepted, from every directory these files live in. */
export function sweepSets(paths: readonly string[], isNeeded: NameTest): string[] {
  const holder = openHolder()
  try {
    const directories = new Set(paths.map((path) => splitPath(path).directory))
    return [...directories].flatMap((path) =>
      sweepLeftovers(holder.hold(path), isNeeded).map((name) => `${path}/${name}`),
    )
  } finally {
    holder.close()
  }
}
