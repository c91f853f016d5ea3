/** The files that a keyset has by its document: a directory is one file for each version in it. */
import { DIRECTORY_ROLES, type FileRole, type FileSpec, KEYSET_ROLES, type KeysetRole } from '../file-spec.ts'
import { type KeysetDocument, versionIn } from './document.ts'
import { shownIn } from './shown.ts'

/**
 * Those that show a version, see `shownIn`. Without a document all whose names are known: a host that has lost its memory goes on
 * watching them. Files of other materials stay as they are.
 */
export function concreteFiles(files: readonly FileSpec[], document: KeysetDocument | undefined): FileSpec[] {
  return files.flatMap((spec) => {
    const { role } = spec
    if (!isKeysetRole(role) || spec.keys?.of !== undefined) return [spec]
    const isDirectory = DIRECTORY_ROLES.has(role)
    if (!document) return isDirectory ? [] : [spec]
    const shown = shownIn({ ...spec, role }, document)
    if (!isDirectory) return shown.length > 0 ? [spec] : []
    const inUse = versionIn(document, 'active')
    const hasMarker = role === 'pem_dir' && inUse !== undefined && shown.includes(inUse)
    return [
      ...shown.map(({ number }) => fileIn(spec, keyFileName(number), number)),
      ...(hasMarker ? [fileIn(spec, MARKER_NAME, 'marker')] : []),
    ]
  })
}

/** Says which file of the directory is in use, as `vN`. */
const MARKER_NAME = 'active'

export function isKeysetRole(role: FileRole): role is KeysetRole {
  return KEYSET_ROLES.some((one) => one === role)
}

function fileIn(directory: FileSpec, name: string, of: number | 'marker'): FileSpec {
  return { ...directory, path: `${directory.path}/${name}`, keys: { ...directory.keys, of } }
}

function keyFileName(version: number): string {
  return `v${version}.pem`
}

/**
 * Of what lies in a directory the files of versions that are shown there no more. A name that no version of the document ever had is
 * somebody else's file.
 */
export function staleNames(
  found: readonly string[],
  wanted: readonly string[],
  { versions }: KeysetDocument,
): string[] {
  const own = new Set(versions.map(({ number }) => keyFileName(number)))
  return found.filter((name) => own.has(name) && !wanted.includes(name))
}
