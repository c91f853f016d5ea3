import { closeSync, constants, fchmodSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { fileFault } from './file-fault.ts'
import { holdDirectory } from './held-directory.ts'
import { removeQuietly } from './remove-file.ts'
import { splitPath, stagedName } from './stage-file.ts'

/**
 * Replaces a file for others to read, in a directory that others may own: whole or not at all to whoever reads it, and never
 * through a link. Not durable: it is made anew by the next run. Throws `files-refused` and `files-failed`.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const { directory: parent, name } = splitPath(path)
  const directory = holdDirectory(parent)
  const staged = directory.at(stagedName())
  try {
    writeNew(staged, text, mode)
    renameSync(staged, directory.at(name))
  } catch (cause) {
    removeQuietly(staged)
    throw fileFault(path, 'replace it', cause)
  } finally {
    directory.close()
  }
}

function writeNew(path: string, text: string, mode: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const fd = openSync(path, flags, 0o600)
  try {
    writeFileSync(fd, text)
    // By descriptor, since the umask takes from what open(2) is asked for.
    fchmodSync(fd, mode)
  } finally {
    closeSync(fd)
  }
}
