/** Directories of a keyset lose the files of versions that are shown no more. */
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { DIRECTORY_ROLES, directoryOf, type FileSpec } from '../../core/file-spec.ts'
import type { KeysetDocument } from '../../core/keysets/document.ts'
import { staleNames } from '../../core/keysets/files.ts'
import type { Keyset } from '../../core/material.ts'
import { openHolder } from '../../files/held-directory.ts'
import { removeFile } from '../../files/remove-file.ts'

/**
 * Only after the files that stay are switched, so that no moment has a directory without the version in use. Files that are not
 * named like versions are somebody else's. Gives how many went; a directory that cannot be opened is the next look's finding.
 */
export function removeStale(
  { files }: Keyset,
  wanted: readonly FileSpec[],
  document: KeysetDocument,
): number {
  const holder = openHolder()
  try {
    const directories = files.filter(({ role }) => DIRECTORY_ROLES.has(role)).map(({ path }) => path)
    return directories.reduce((count, path) => {
      const directory = holder.hold(path)
      const stale = staleNames(readdirSync(directory.at('.')), namesIn(path, wanted), document)
      for (const name of stale) removeFile(directory.at(name))
      return count + stale.length
    }, 0)
  } finally {
    holder.close()
  }
}

function namesIn(path: string, wanted: readonly FileSpec[]): string[] {
  return wanted.filter((spec) => directoryOf(spec) === path).map((spec) => basename(spec.path))
}
