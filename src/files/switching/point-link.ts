import { renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileFault } from '../file-fault.ts'
import type { HeldDirectory } from '../held-directory.ts'
import { removeQuietly } from '../remove-file.ts'
import { stagedName } from '../stage-file.ts'

/** Makes a name a link with this text, at one instant, whatever file or link it was. Throws `files-failed`. */
export function pointLink(directory: HeldDirectory, name: string, text: string): void {
  const staged = stagedName()
  try {
    symlinkSync(text, directory.at(staged))
    renameSync(directory.at(staged), directory.at(name))
  } catch (cause) {
    removeQuietly(directory.at(staged))
    throw fileFault(join(directory.path, name), 'make it a link', cause)
  }
}
