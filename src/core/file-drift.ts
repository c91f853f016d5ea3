/** Files that differ from what they should be although key and certificate are sound: mended without a new certificate. */
import type { FileFacts, MaterialFacts } from './facts.ts'

export interface FileRepair {
  readonly path: string
  /** `attributes`: mode and owner are set in place. `rewrite`: the file is made anew from the rest of the set. */
  readonly how: 'attributes' | 'rewrite'
  readonly message: string
}

export function findFileDrift(facts: MaterialFacts): FileRepair[] {
  return facts.files.flatMap((file) => repairOf(file) ?? [])
}

function repairOf(file: FileFacts): FileRepair | undefined {
  const { path } = file.spec
  if (file.state !== 'present') return { path, how: 'rewrite', message: `${path}: ${file.why}` }
  const stale = contentDrift(file)
  if (stale !== undefined) return { path, how: 'rewrite', message: `${path}: ${stale}` }
  const found = attributeDrift(file)
  return found === undefined ? undefined : { path, how: 'attributes', message: `${path}: ${found}` }
}

/** How the bytes of a file differ from what the set makes of it, or undefined; never by quoting them. */
export function contentDrift(file: FileFacts): string | undefined {
  if (file.state !== 'present' || file.content !== 'stale') return undefined
  const { role, format } = file.spec
  return `its ${role} is not that of the set${format === undefined ? '' : ` in the form ${format}`}`
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
