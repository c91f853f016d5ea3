/** One file on its way through a switch: staged beside its target, renamed over it, put back, and what it leaves removed. */
import { createHash } from 'node:crypto'
import { linkSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileFault } from './file-fault.ts'
import type { DirectoryHolder, HeldDirectory } from './held-directory.ts'
import type { JournalFile } from './journal.ts'
import { refuseIntruder } from './read-file.ts'
import { removeFile, removeQuietly } from './remove-file.ts'
import { type FileImage, previousName, splitPath, stageFile } from './stage-file.ts'

/** Stages an image and keeps a link to what it will replace. Throws `files-refused`, `files-failed`; leaves nothing behind. */
export async function stageForSwitch(image: FileImage, holder: DirectoryHolder): Promise<JournalFile> {
  const { directory: path, name } = splitPath(image.path)
  try {
    const directory = holder.hold(path)
    refuseIntruder(directory.at(name), image.path)
    const staged = await stageFile(directory, image)
    const sha256 = createHash('sha256').update(image.content).digest('hex')
    return { directory: path, name, staged, ...keepPrevious(directory, name, staged), sha256 }
  } catch (cause) {
    throw fileFault(image.path, 'stage it', cause)
  }
}

/** A hard link: no copy, no second inode, and EPERM here, before any rename, when the old file is immutable. */
function keepPrevious(directory: HeldDirectory, name: string, staged: string): { previous?: string } {
  const previous = previousName()
  try {
    linkSync(directory.at(name), directory.at(previous))
    return { previous }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    removeQuietly(directory.at(staged))
    throw error
  }
}

/** The staged file takes the name of its target. Throws `files-failed`. */
export function switchFile({ directory: path, name, staged }: JournalFile, holder: DirectoryHolder): void {
  const directory = holder.hold(path)
  try {
    renameSync(directory.at(staged), directory.at(name))
  } catch (cause) {
    throw fileFault(join(path, name), 'switch it', cause)
  }
}

/** Puts the file of before back under its name. Throws `files-failed`, also when no file of before is left. */
export function restoreFile({ directory: path, name, previous }: JournalFile, holder: DirectoryHolder): void {
  const directory = holder.hold(path)
  try {
    if (previous === undefined) removeFile(directory.at(name))
    else renameSync(directory.at(previous), directory.at(name))
  } catch (cause) {
    throw fileFault(join(path, name), 'put back what was there before', cause)
  }
}

/** Removes what the switch of a file leaves beside it. What cannot be removed now, the next sweep finds. */
export function dropLeftovers(
  { directory: path, staged, previous }: JournalFile,
  holder: DirectoryHolder,
): void {
  const directory = holder.hold(path)
  removeQuietly(directory.at(staged))
  if (previous !== undefined) removeQuietly(directory.at(previous))
}
