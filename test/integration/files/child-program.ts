/** The children of the proofs as one script each: thousands are started, and most of a start is reading modules. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

/** What a child does: `install-child.ts` or `recover-child.ts`. */
export type Doing = 'install' | 'recover'

/** Made once in a process, and gone with it. */
export function programOf(doing: Doing): string {
  const made = PROGRAMS.get(doing) ?? make(doing)
  PROGRAMS.set(doing, made)
  return made
}

const PROGRAMS = new Map<Doing, string>()

function make(doing: Doing): string {
  const dir = mkdtempSync(join(tmpdir(), 'keyroller-child-'))
  process.once('exit', () => rmSync(dir, { recursive: true }))
  const outfile = join(dir, `${doing}.mjs`)
  buildSync({
    entryPoints: [join(import.meta.dirname, `${doing}-child.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['x11', 'usocket'],
    banner: { js: COMMON_JS },
  })
  return outfile
}

/** What packages in CommonJS find around them. */
const COMMON_JS = `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname`
