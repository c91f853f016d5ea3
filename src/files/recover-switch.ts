/** Finishes or undoes the switch a journal tells of. Run before anything else, and early at boot, before consumers start. */
import { createHash } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RecoveredSet } from '../core/run-events.ts'
import { type DirectoryHolder, openHolder } from './held-directory.ts'
import type { Journal, JournalFile, JournalSet } from './journal.ts'
import { readFile } from './read-file.ts'
import { restore } from './switch-sets.ts'

/**
 * Forward when every file of a set is staged or already in place, else back to what was there before. What cannot be
 * decided is left alone and said: files on disk are the truth, and the next plan judges them. May be repeated.
 */
export function recoverSwitch(journal: Journal): RecoveredSet[] {
  return journal.sets.map((set) => {
    const holder = openHolder()
    try {
      return recoverSet(set, holder)
    } catch (error) {
      return { material: set.material, outcome: 'unclear', message: (error as Error).message }
    } finally {
      holder.close()
    }
  })
}

function recoverSet(set: JournalSet, holder: DirectoryHolder): RecoveredSet {
  const { material, files } = set
  const states = files.map((file) => stateOf(file, holder))
  if (states.every((state) => state !== 'lost')) {
    for (const [index, file] of files.entries()) finish(file, states[index] === 'staged', holder)
    return { material, outcome: 'finished', message: 'all files were staged, the switch is finished' }
  }
  for (const file of files) undo(file, holder)
  return { material, outcome: 'undone', message: 'not all files were staged, the files of before are back' }
}

/** `placed`: the target already holds the new bytes. */
function stateOf(
  { directory, name, staged, sha256 }: JournalFile,
  holder: DirectoryHolder,
): 'staged' | 'placed' | 'lost' {
  if (digestAt(join(directory, staged), holder) === sha256) return 'staged'
  return digestAt(join(directory, name), holder) === sha256 ? 'placed' : 'lost'
}

function digestAt(path: string, holder: DirectoryHolder): string | undefined {
  const reading = readFile(path, holder)
  return reading.state === 'present' ? createHash('sha256').update(reading.content).digest('hex') : undefined
}

function finish(
  { directory: path, name, staged, previous }: JournalFile,
  isStaged: boolean,
  holder: DirectoryHolder,
): void {
  const directory = holder.hold(path)
  if (isStaged) renameSync(directory.at(staged), directory.at(name))
  if (previous !== undefined) rmSync(directory.at(previous), { force: true })
}

function undo(file: JournalFile, holder: DirectoryHolder): void {
  const directory = holder.hold(file.directory)
  rmSync(directory.at(file.staged), { force: true })
  if (file.previous === undefined && digestAt(join(file.directory, file.name), holder) !== file.sha256) return
  try {
    restore(file, holder)
  } catch (error) {
    // A set undone once has no link left: its old file already stands in its place.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
