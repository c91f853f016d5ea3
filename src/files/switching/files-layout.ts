/** The layout `files`: each file is staged beside its target, renamed over it, put back, and what it leaves removed. */
import { createHash } from 'node:crypto'
import { linkSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyrollerError } from '../../core/errors.ts'
import { fileFault } from '../file-fault.ts'
import type { DirectoryHolder, HeldDirectory } from '../held-directory.ts'
import { isThere, removeFile, removeQuietly } from '../remove-file.ts'
import { type FileImage, previousName, splitPath, stageFile } from '../stage-file.ts'
import { middleName } from './generation-names.ts'
import type { FilesSet, JournalFile } from './journal.ts'
import { directoriesOf, type FileSet, type LayoutSwitch } from './layout-work.ts'
import { removeUnused } from './prune-generations.ts'
import { type Standing, standingOf } from './standing.ts'

export const filesSwitch: LayoutSwitch<FilesSet> = { stage: stageFiles, place: placeFiles, drop: dropFiles }

interface Staged {
  readonly file: JournalFile
  readonly standing: Standing
}

async function stageFiles({ material, images, issued }: FileSet, holder: DirectoryHolder): Promise<FilesSet> {
  const results = await Promise.allSettled(images.map((image) => stageImage(image, holder)))
  const staged = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const former = staged.flatMap(({ standing }) => (standing.kind === 'link' ? [standing.middle] : []))
  const set: FilesSet = {
    material,
    layout: 'files',
    files: staged.map(({ file }) => file),
    ...(former.length > 0 ? { former: [...new Set(former)] } : {}),
    ...(issued ? { issued } : {}),
  }
  const fault = results.find((result) => result.status === 'rejected')
  if (fault === undefined) return set
  for (const file of set.files) dropLeftovers(file, holder)
  throw fault.reason
}

/** Stages an image and keeps a second name of what it will replace. Throws `files-refused`, `files-failed`; leaves nothing behind. */
async function stageImage(image: FileImage, holder: DirectoryHolder): Promise<Staged> {
  const { directory: path, name } = splitPath(image.path)
  try {
    const directory = holder.hold(path)
    const standing = standingOf(directory, name)
    const staged = await stageFile(directory, image)
    const sha256 = createHash('sha256').update(image.content).digest('hex')
    const file = { directory: path, name, staged, ...keepPrevious(directory, name, staged), sha256 }
    return { file, standing }
  } catch (cause) {
    throw fileFault(image.path, 'stage it', cause)
  }
}

/**
 * A hard link: no copy, no second inode, and EPERM here, before any rename, when the old file is immutable. A link of ours
 * gets a second name too: link(2) does not follow it.
 */
function keepPrevious(directory: HeldDirectory, name: string, staged: string): { previous?: string } {
  if (!isThere(directory.at(name))) return {}
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

/** Back to back: between the first rename and the last a reader can meet old and new together. */
async function placeFiles(
  { material, files }: FilesSet,
  holder: DirectoryHolder,
): Promise<KeyrollerError | undefined> {
  const done: JournalFile[] = []
  try {
    for (const file of files) {
      placeFile(file, holder)
      done.push(file)
    }
    return undefined
  } catch (error) {
    for (const file of done) restoreFile(file, holder)
    return fileFault(material, 'switch its files', error)
  }
}

/** The staged file takes the name of its target. Throws `files-failed`. */
export function placeFile({ directory: path, name, staged }: JournalFile, holder: DirectoryHolder): void {
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

/** Also generations that no name leads into any more, when the set had the other layout before. */
function dropFiles(set: FilesSet, holder: DirectoryHolder): void {
  for (const file of set.files) dropLeftovers(file, holder)
  const middles = [middleName(set.material), ...(set.former ?? [])]
  for (const path of directoriesOf(set)) {
    try {
      const directory = holder.hold(path)
      const names = set.files.filter((file) => file.directory === path)
      // While a name is missing, a generation may hold the only copy of what belongs under it.
      if (!names.every(({ name }) => standingOf(directory, name).kind === 'file')) continue
      for (const middle of middles) removeUnused(directory, middle)
    } catch {}
  }
}

function dropLeftovers({ directory: path, staged, previous }: JournalFile, holder: DirectoryHolder): void {
  const directory = holder.hold(path)
  removeQuietly(directory.at(staged))
  if (previous !== undefined) removeQuietly(directory.at(previous))
}
