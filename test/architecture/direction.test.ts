/** Who may know whom. Type-only and lazy imports count: an edge is an edge. */
import { expect, test } from 'vitest'
import { areaOf, isOwn, readSources, type SourceFile, sourceFile } from './source.ts'

const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  command: ['core'],
  config: ['core'],
  x509: ['core'],
  files: ['core'],
  vault: ['core'],
  reload: ['command', 'core'],
  report: ['core'],
  serve: ['command', 'core', 'x509'],
  run: ['command', 'config', 'core', 'files', 'reload', 'serve', 'vault', 'x509'],
  cli: ['config', 'core', 'report', 'run'],
  main: ['cli', 'core', 'run'],
}

const sources = readSources()

test('every directory of src is in the table', () => {
  expect([...new Set(sources.map(({ path }) => areaOf(path)))].sort()).toEqual(Object.keys(ALLOWED).sort())
})

test('no import but along the arrows of the table', () => expect(findStrays(sources)).toEqual([]))

test('every arrow of the table is used', () => {
  const used = new Set(sources.flatMap(edgesOf).map(({ from, to }) => `${from} -> ${to}`))
  const allowed = Object.entries(ALLOWED).flatMap(([from, tos]) => tos.map((to) => `${from} -> ${to}`))
  expect(allowed.filter((edge) => !used.has(edge))).toEqual([])
})

test('core asks nothing of the runtime either', () => {
  const outside = sources
    .filter(({ path }) => areaOf(path) === 'core')
    .flatMap(({ path, imports }) => imports.map(({ target }) => [path, target]))
    .filter(([, target]) => !target?.startsWith('core/'))
  expect(outside).toEqual([])
})

test('no cycle, not even of types', () => expect(findCycle(sources)).toEqual([]))

test('every import leads to a file that is there', () => {
  const known = new Set(sources.map(({ path }) => path))
  const dangling = sources.flatMap(({ path, imports }) =>
    imports.filter((one) => isOwn(one) && !known.has(one.target)).map(({ target }) => `${path} -> ${target}`),
  )
  expect(dangling).toEqual([])
})

test('the measure itself sees strays of every kind', () => {
  const strays = findStrays([
    sourceFile('core/a.ts', "import { b } from '../files/b.ts'\n"),
    sourceFile('files/b.ts', "import type { C } from '../x509/c.ts'\n"),
    sourceFile('x509/c.ts', "const { d } = await import('../vault/d.ts')\n"),
    sourceFile('serve/e.ts', "import { c } from '../x509/c.ts'\n"),
    sourceFile('report/f.ts', "export {\n  g,\n} from '../run/g.ts'\n"),
  ])
  expect(strays).toEqual([
    'core/a.ts -> files/b.ts',
    'files/b.ts -> x509/c.ts',
    'x509/c.ts -> vault/d.ts',
    'report/f.ts -> run/g.ts',
  ])
})

test('the measure itself sees a cycle', () => {
  const cycle = findCycle([
    sourceFile('core/a.ts', "import { b } from './b.ts'\n"),
    sourceFile('core/b.ts', "import type { C } from './c.ts'\n"),
    sourceFile('core/c.ts', "import './b.ts'\n"),
  ])
  expect(cycle).toEqual(['core/b.ts', 'core/c.ts', 'core/b.ts'])
})

function findStrays(files: readonly SourceFile[]): string[] {
  return files
    .flatMap(edgesOf)
    .filter(({ from, to }) => !ALLOWED[from]?.includes(to))
    .map(({ path, target }) => `${path} -> ${target}`)
}

function edgesOf({ path, imports }: SourceFile) {
  const from = areaOf(path)
  return imports
    .filter(isOwn)
    .map(({ target }) => ({ path, target, from, to: areaOf(target) }))
    .filter(({ to }) => to !== from)
}

/** The first cycle of imports that are there at start or for the compiler, as a path that ends where it began. */
function findCycle(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return []
    for (const { target, kind } of byPath.get(path)?.imports ?? []) {
      const cycle = kind === 'dynamic' ? [] : visit(target, [...trail, path])
      if (cycle.length > 0) return cycle
    }
    done.add(path)
    return []
  }
  return files.map(({ path }) => visit(path, [])).find((cycle) => cycle.length > 0) ?? []
}
