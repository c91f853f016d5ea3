/** src as text: its files, and what each of them imports. Biome's layout is assumed; `npm run check:lint` sees to it. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface SourceFile {
  /** Relative to src, like `core/planning/plan.ts`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

export interface Import {
  /** Path relative to src for our own files, package name for packages, `node:…` for the runtime. */
  readonly target: string
  /**
   * `type` leaves no trace at run time. `import { type A }` is `static`: stripping leaves `import {}`, which loads the module.
   */
  readonly kind: 'static' | 'type' | 'dynamic'
}

const SRC = join(import.meta.dirname, '../../src')

export function readSources(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(SRC, path), 'utf8')))
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, imports: findImports(path, text) }
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[\w*{][^'"`;]*?\sfrom\s+)?'([^']+)'/gm
const CALL = /\bimport\(\s*'([^']+)'\s*\)/g

function findImports(path: string, text: string): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(([, type, specifier = '']): Import => {
    return { target: resolve(path, specifier), kind: type === undefined ? 'static' : 'type' }
  })
  const calls = [...text.matchAll(CALL)].map(([, specifier = '']): Import => {
    return { target: resolve(path, specifier), kind: 'dynamic' }
  })
  return [...statements, ...calls]
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(path), specifier))
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The directory that owns a file: `core` for `core/planning/plan.ts`, `main` for `main.ts` itself. */
export function areaOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.ts$/, '')
}

export function isOwn({ target }: Import): boolean {
  return target.endsWith('.ts')
}

export function isPackage({ target }: Import): boolean {
  return !target.endsWith('.ts') && !target.startsWith('node:')
}
