/** A file that an app owns is removed by its name in a directory held open: no link on the way to it is followed. */
import { basename, dirname } from 'node:path'
import type { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { isThere, removeFile } from './remove-file.ts'

/** Durable. Whether it was there; a link goes as a link. Throws `files-refused`, `files-failed`. */
export async function removeHeld(path: string): Promise<boolean> {
  const directory = holdExisting(dirname(path))
  if (!directory) return false
  try {
    const entry = directory.at(basename(path))
    if (!isThere(entry)) return false
    removeFile(entry)
    await directory.sync()
    return true
  } catch (cause) {
    throw fileFault(path, 'remove it', cause)
  } finally {
    directory.close()
  }
}

function holdExisting(path: string): HeldDirectory | undefined {
  try {
    return holdDirectory(path)
  } catch (error) {
    const { cause } = error as KeyrollerError
    if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined
    throw error
  }
}
