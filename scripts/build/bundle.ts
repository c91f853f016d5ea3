/** One file out of src and the packages it uses, for `node FILE` and a debugger; the executable is made of chunks. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { settings } from './settings.ts'

export interface Bundle {
  readonly path: string
  readonly legalPath: string
}

/**
 * Writes `OUT/keyroller.cjs`: the same bytes for the same sources. `import()` stays lazy, as a function inside the file.
 * Throws esbuild's own report.
 */
export async function bundle(entry: string, out: string, version: string): Promise<Bundle> {
  const path = join(out, 'keyroller.cjs')
  await build({
    ...settings(version),
    entryPoints: [entry],
    outfile: path,
    format: 'cjs',
    legalComments: 'external',
  })
  return { path, legalPath: `${path}.LEGAL.txt` }
}
