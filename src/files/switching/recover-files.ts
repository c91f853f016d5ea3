/** Recovery of the layout `files`: each file is staged, placed or lost, and decides for its set. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import type { DirectoryHolder } from '../held-directory.ts'
import { type FileReading, readFile } from '../read-file.ts'
import { placeFile, restoreFile } from './files-layout.ts'
import type { FilesSet, JournalFile } from './journal.ts'
import type { LayoutRecovery } from './layout-work.ts'

export const filesRecovery: LayoutRecovery<FilesSet> = {
  refuseAbsence: ({ files }, holder) => {
    for (const file of files) refuseAbsence(file, holder)
  },
  finish: async ({ files }, holder) => rollForward(files, holder),
  restore: ({ files }, holder) => rollBack(files, holder),
}

/** A switch never leaves a replaced file without any of its names: then the directory is there, but not what was in it. */
function refuseAbsence(file: JournalFile, holder: DirectoryHolder): void {
  holder.hold(file.directory)
  if (file.previous === undefined) return
  const names = [file.name, file.staged, file.previous]
  if (names.some((name) => look(file, name, holder).state !== 'missing')) return
  const path = join(file.directory, file.name)
  throw new KeyrollerError(
    'files-failed',
    `${path}: expected it, old or new, found nothing: not mounted, or removed`,
  )
}

/** Why the set cannot be finished, or undefined when it is. Nothing of before is removed yet. */
function rollForward(files: readonly JournalFile[], holder: DirectoryHolder): string | undefined {
  const states = files.map((file) => stateOf(file, holder))
  if (states.includes('lost')) return 'not all files were staged'
  try {
    for (const [index, file] of files.entries()) if (states[index] === 'staged') placeFile(file, holder)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** `placed`: the target already holds the new bytes. */
function stateOf(file: JournalFile, holder: DirectoryHolder): 'staged' | 'placed' | 'lost' {
  if (isNew(look(file, file.staged, holder), file)) return 'staged'
  return isNew(look(file, file.name, holder), file) ? 'placed' : 'lost'
}

/** Paths of which nothing of before is left. Puts back what it can, then throws for the first file it could not. */
function rollBack(files: readonly JournalFile[], holder: DirectoryHolder): string[] {
  const faults: unknown[] = []
  const lost = files.filter((file) => {
    try {
      return !putBack(file, holder)
    } catch (error) {
      faults.push(error)
      return false
    }
  })
  if (faults.length > 0) throw faults[0]
  return lost.map(({ directory, name }) => join(directory, name))
}

/** Bytes that are not those of the switch stay: it never came so far, or somebody else has written there since. */
function putBack(file: JournalFile, holder: DirectoryHolder): boolean {
  const current = look(file, file.name, holder)
  const isOurs = isNew(current, file)
  if (!isOurs && (current.state === 'present' || file.previous === undefined)) return true
  try {
    restoreFile(file, holder)
    return true
  } catch (error) {
    if (!isGone((error as Error).cause)) throw error
    return !isOurs
  }
}

function look({ directory }: JournalFile, name: string, holder: DirectoryHolder): FileReading {
  const path = join(directory, name)
  const reading = readFile(path, holder)
  if (reading.state === 'unreadable') throw new KeyrollerError('files-failed', `${path}: ${reading.why}`)
  return reading
}

function isNew(reading: FileReading, { sha256 }: JournalFile): boolean {
  if (reading.state !== 'present') return false
  return createHash('sha256').update(reading.content).digest('hex') === sha256
}

function isGone(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
