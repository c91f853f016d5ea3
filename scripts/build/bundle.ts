/** One file out of src and the packages it uses. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

const here = import.meta.dirname

export interface Bundle {
  /** CommonJS, for `node FILE`. */
  readonly path: string
  readonly legalPath: string
  readonly metafile: Metafile
}

/**
 * Writes `OUT/keyroller.cjs`: the same bytes for the same sources. `import()` stays lazy, as a function inside the file.
 * Throws esbuild's own report.
 */
export async function bundle(entry: string, out: string, version: string): Promise<Bundle> {
  const path = join(out, 'keyroller.cjs')
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    // Names stay, so that a stack trace in a bug report can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'external',
    // Optional parts of dbus-next, an X11 session and a native socket: required inside a `try`, never needed here.
    external: ['x11', 'usocket'],
    alias: { axios: join(here, 'axios-never.cjs') },
    plugins: [englishOnly],
    define: { KEYROLLER_VERSION: JSON.stringify(version) },
    metafile: true,
    logLevel: 'warning',
  })
  return { path, legalPath: `${path}.LEGAL.txt`, metafile }
}

/** The bundle as the function the loader calls. */
export function asFunction(bundlePath: string): string {
  return `(function(exports,require,module,__filename){${readFileSync(bundlePath, 'latin1')}\n})`
}

const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onResolve }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes('/node_modules/zod/') ? { path: join(here, 'no-locales.mjs') } : undefined,
    )
  },
}
