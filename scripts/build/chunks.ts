/** src and its packages as chunks: what one `import()` brings is apart from what every run needs. */
import { basename, join } from 'node:path'
import { build, type Metafile, transform } from 'esbuild'
import { settings } from './settings.ts'

export interface Chunks {
  /** CommonJS text by chunk name; one chunk names another as `./NAME`. */
  readonly texts: ReadonlyMap<string, string>
  readonly entry: string
  readonly metafile: Metafile
}

/**
 * The same chunks for the same sources. esbuild splits only ES modules, and a script with a code cache must be CommonJS, so
 * each chunk is translated; a module that two chunks need lies in a third, so there is one KeyrollerError. Throws esbuild's
 * own report.
 */
export async function splitChunks(entry: string, version: string): Promise<Chunks> {
  const { outputFiles, metafile } = await build({
    ...settings(version),
    entryPoints: [entry],
    format: 'esm',
    splitting: true,
    outdir: 'chunks',
    write: false,
    metafile: true,
  })
  const translated = outputFiles
    .filter(({ path }) => path.endsWith('.js'))
    .map(async ({ path, text }): Promise<[string, string]> => [basename(path), await asCommonJs(text)])
  const texts = new Map((await Promise.all(translated)).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { texts, entry: basename(join('chunks', entry)).replace(/\.ts$/, '.js'), metafile }
}

/** Without `import()`, which a script compiled by node:vm does not have: a chunk or a module of Node is required instead. */
async function asCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    supported: { 'dynamic-import': false },
    minifyWhitespace: true,
    legalComments: 'none',
  })
  return code
}
