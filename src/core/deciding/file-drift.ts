/** Files that differ from what they should be although key and certificate are sound: mended without a new certificate. */
import type { FileFacts, MaterialFacts, PresentFile } from '../facts.ts'
import { isSecretRole } from '../file-spec.ts'
import type { Layout } from '../material.ts'

export interface FileRepair {
  readonly path: string
  /**
   * `attributes`: mode and owner are set in place. `rewrite`: the file is made anew from the rest of the set. `move`: so it is,
   * with the same bytes, where its layout wants it.
   */
  readonly how: 'attributes' | 'rewrite' | 'move'
  readonly message: string
}

export function findFileDrift(facts: MaterialFacts, layout: Layout): FileRepair[] {
  return facts.files.flatMap((file) => repairOf(file, layout) ?? [])
}

function repairOf(file: FileFacts, layout: Layout): FileRepair | undefined {
  const { path } = file.spec
  if (file.state !== 'present') return { path, how: 'rewrite', message: `${path}: ${file.why}` }
  const stale = contentDrift(file)
  if (stale !== undefined) return { path, how: 'rewrite', message: `${path}: ${stale}` }
  const astray = layoutDrift(file, layout)
  if (astray !== undefined) return { path, how: 'move', message: `${path}: ${astray}` }
  const found = attributeDrift(file)
  return found === undefined ? undefined : { path, how: 'attributes', message: `${path}: ${found}` }
}

/** How the bytes of a file differ from what the set makes of it, or undefined; never by quoting them. */
export function contentDrift(file: FileFacts): string | undefined {
  if (file.state !== 'present' || file.content !== 'stale') return undefined
  const { role, format } = file.spec
  if (isSecretRole(role)) return 'it was changed since keyroller wrote it'
  return `its ${role} is not that of the set${format === undefined ? '' : ` in the form ${format}`}`
}

const PLACES: Record<PresentFile['place'], string> = {
  file: 'a file of its own',
  link: 'a link into its generation',
  'stray-link': 'a link into the generation of another set',
}

/** How the place of a file differs from what its layout wants, or undefined. */
export function layoutDrift(file: FileFacts, layout: Layout): string | undefined {
  const wanted = layout === 'files' ? 'file' : 'link'
  if (file.state !== 'present' || file.place === wanted) return undefined
  return `expected ${PLACES[wanted]}, found ${PLACES[file.place]}`
}

/** Whether a file of the set lies in the generation of another, which it had before a renaming. */
export function hasStrayLink(facts: MaterialFacts | undefined): boolean {
  return facts?.files.some((file) => file.state === 'present' && file.place === 'stray-link') ?? false
}

/** How mode or owner of a file differ from the configured ones, or undefined. */
export function attributeDrift(file: FileFacts): string | undefined {
  if (file.state !== 'present' || file.wanted.state !== 'resolved') return undefined
  if (file.mode !== file.spec.mode) return `expected mode ${octal(file.spec.mode)}, found ${octal(file.mode)}`
  const wanted = `${file.wanted.uid}:${file.wanted.gid}`
  const found = `${file.uid}:${file.gid}`
  return wanted === found ? undefined : `expected owner ${wanted}, found ${found}`
}

/** Permission bits as they are written: `0640`. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
