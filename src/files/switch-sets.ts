/**
 * Switches whole file sets: after any crash, all files of a set are the new ones or all are the old ones.
 *
 *  1. stage every file beside its target, durable (concurrent fsyncs share a journal commit of the file system)
 *  2. keep a link to each file that will be replaced
 *  3. sync the directories: the staged names must outlive a power cut before the journal speaks of them
 *  4. write the journal, durable: from here on recovery rolls forward, and the reloads are owed
 *  5. rename back to back
 *  6. sync the directories
 *  7. drop the links of step 2; the caller remembers what is owed, then clears the journal
 *
 * A set that fails is undone on its own; the others go on.
 */
import { createHash } from 'node:crypto'
import { linkSync, renameSync, rmSync } from 'node:fs'
import { KeyrollerError } from '../core/errors.ts'
import type { MaterialId } from '../core/material.ts'
import type { IssuedMemory, OwedReload } from '../core/memory.ts'
import { fileFault } from './file-fault.ts'
import { type DirectoryHolder, openHolder } from './held-directory.ts'
import { type JournalFile, type JournalSet, saveJournal } from './journal.ts'
import { findIntruder } from './read-file.ts'
import { type FileImage, previousName, splitPath, stageFile, sweepLeftovers } from './stage-file.ts'

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

/** Which sets are now in place, and why the others are not: those are as they were. Rejects only when the journal cannot be written. */
export interface SwitchResult {
  readonly switched: readonly MaterialId[]
  readonly failed: ReadonlyMap<MaterialId, KeyrollerError>
}

export async function switchSets({ stateDir, sets, owedFor }: SwitchRequest): Promise<SwitchResult> {
  const holder = openHolder()
  const failed = new Map<MaterialId, KeyrollerError>()
  try {
    const attempts = await Promise.all(
      sets.map((set) => attempt(set.material, failed, () => stageSet(set, holder))),
    )
    const staged = attempts.filter((set) => set !== undefined)
    if (staged.length === 0) return { switched: [], failed }
    await writeJournal(stateDir, staged, owedFor, holder)
    const switched = staged.filter((set) => renameSet(set, holder, failed))
    await syncAll(holder)
    for (const set of switched) dropPrevious(set, holder)
    return { switched: switched.map(({ material }) => material), failed }
  } finally {
    holder.close()
  }
}

async function attempt<T>(id: MaterialId, failed: Map<MaterialId, KeyrollerError>, work: () => Promise<T>) {
  try {
    return await work()
  } catch (error) {
    failed.set(id, fileFault(id, 'stage its files', error))
    return undefined
  }
}

async function stageSet({ material, images, issued }: FileSet, holder: DirectoryHolder): Promise<JournalSet> {
  const results = await Promise.allSettled(images.map((image) => stageOne(image, holder)))
  const files = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const fault = results.find((result) => result.status === 'rejected')
  if (fault === undefined) return { material, files, ...(issued ? { issued } : {}) }
  for (const file of files) discard(file, holder)
  throw fault.reason
}

async function stageOne(image: FileImage, holder: DirectoryHolder): Promise<JournalFile> {
  const { directory: path, name } = splitPath(image.path)
  const directory = holder.hold(path)
  const intruder = findIntruder(directory.at(name))
  if (intruder !== undefined) {
    throw new KeyrollerError(
      'files-refused',
      `${image.path}: expected a regular file or none, found ${intruder}`,
    )
  }
  try {
    const staged = await stageFile(directory, image)
    const sha256 = createHash('sha256').update(image.content).digest('hex')
    return { directory: path, name, staged, ...keepPrevious(path, name, staged, holder), sha256 }
  } catch (cause) {
    throw fileFault(image.path, 'stage it', cause)
  }
}

/** A hard link: no copy, no second inode, and EPERM here, before any rename, when the old file is immutable. */
function keepPrevious(
  path: string,
  name: string,
  staged: string,
  holder: DirectoryHolder,
): { previous?: string } {
  const directory = holder.hold(path)
  const previous = previousName()
  try {
    linkSync(directory.at(name), directory.at(previous))
    return { previous }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    rmSync(directory.at(staged), { force: true })
    throw error
  }
}

async function writeJournal(
  stateDir: string,
  sets: readonly JournalSet[],
  owedFor: SwitchRequest['owedFor'],
  holder: DirectoryHolder,
): Promise<void> {
  try {
    await syncAll(holder)
    const owed = owedFor(sets.map(({ material }) => material))
    await saveJournal(stateDir, { schema: 1, sets, owed })
  } catch (error) {
    for (const set of sets) for (const file of set.files) discard(file, holder)
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
      const directory = holder.hold(file.directory)
      renameSync(directory.at(file.staged), directory.at(file.name))
      done.push(file)
    }
    return true
  } catch (error) {
    for (const file of done) restore(file, holder)
    for (const file of set.files) discard(file, holder)
    failed.set(set.material, fileFault(set.material, 'switch its files', error))
    return false
  }
}

/** Puts the file of before back under its name. */
export function restore({ directory: path, name, previous }: JournalFile, holder: DirectoryHolder): void {
  const directory = holder.hold(path)
  if (previous === undefined) rmSync(directory.at(name), { force: true })
  else renameSync(directory.at(previous), directory.at(name))
}

function discard({ directory: path, staged, previous }: JournalFile, holder: DirectoryHolder): void {
  const directory = holder.hold(path)
  rmSync(directory.at(staged), { force: true })
  if (previous !== undefined) rmSync(directory.at(previous), { force: true })
}

function dropPrevious(set: JournalSet, holder: DirectoryHolder): void {
  for (const { directory, previous } of set.files) {
    if (previous !== undefined) rmSync(holder.hold(directory).at(previous), { force: true })
  }
}

async function syncAll(holder: DirectoryHolder): Promise<void> {
  await Promise.all(holder.held().map((directory) => directory.sync()))
}

/** Removes leftovers of killed runs from every directory these sets live in. */
export function sweepSets(paths: readonly string[]): string[] {
  const holder = openHolder()
  try {
    const directories = new Set(paths.map((path) => splitPath(path).directory))
    return [...directories].flatMap((path) =>
      sweepLeftovers(holder.hold(path)).map((name) => `${path}/${name}`),
    )
  } finally {
    holder.close()
  }
}
