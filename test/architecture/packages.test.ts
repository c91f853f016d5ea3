/** Each package has one home, and a run with nothing due loads only the cheap ones. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { areaOf, isPackage, readSources, type SourceFile, sourceFile } from './source.ts'

const HOMES: Record<string, string> = {
  'node-vault': 'vault',
  '@peculiar/x509': 'x509',
  'reflect-metadata': 'x509',
  'write-file-atomic': 'files',
  'dbus-next': 'reload',
  pino: 'report',
  commander: 'cli',
  zod: 'config',
  'smol-toml': 'config',
}

const sources = readSources()

test('each package is imported from its home only', () => {
  const strays = sources.flatMap(({ path, imports }) =>
    imports
      .filter((one) => isPackage(one) && HOMES[one.target] !== areaOf(path))
      .map(({ target }) => `${path} -> ${target}`),
  )
  expect(strays).toEqual([])
})

test('the dependencies of package.json are the packages that have a home', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(HOMES).sort())
})

/**
 * `renew` with nothing due: main imports the program, the verb imports its reporter, `run/renew.ts` returns before its first
 * lazy import. Vault, ASN.1, D-Bus and the atomic writer must lie behind lazy imports that are not taken (DESIGN: this path
 * costs little more than starting the runtime).
 */
test('nothing due: no package is loaded but for the command line, the configuration and the log', () => {
  const taken = ['main.ts', 'cli/program.ts', 'report/terminal-reporter.ts', 'report/json-reporter.ts']
  expect(loadedFrom(taken, sources)).toEqual(['commander', 'pino', 'smol-toml', 'zod'])
})

test('people do not wait for the logger', () => {
  const taken = ['main.ts', 'cli/program.ts', 'report/terminal-reporter.ts']
  expect(loadedFrom(taken, sources)).toEqual(['commander', 'smol-toml', 'zod'])
})

test('nothing due: nothing that acts is loaded', () => {
  expect(actingIn(['main.ts', 'cli/program.ts'])).toEqual([])
})

test('nothing new to tell: neither is what tells, of whoever is to be told', () => {
  expect(actingIn(['main.ts', 'cli/program.ts', 'run/notify/tell-changes.ts'])).toEqual([])
})

function actingIn(entries: readonly string[]): string[] {
  return [...reach(entries, sources)].filter((path) =>
    /^(vault|reload|serve|command|run\/apply\.ts|run\/executors\/(?!install|executor)|run\/notify\/\w+-channel)/.test(
      path,
    ),
  )
}

/** A request is checked by the library once for each new shape, and a list only where lists are asked for: both lazily. */
test('a run that acts loads no ASN.1 library before somebody needs it', () => {
  const loaded = loadedFrom(['main.ts', 'cli/program.ts', 'run/act.ts'], sources)
  expect(loaded).toEqual(['commander', 'smol-toml', 'zod'])
})

test('the measure itself follows plain imports and no lazy or type-only one', () => {
  const files = [
    sourceFile('main.ts', "import { a } from './run/a.ts'\n\nvoid import('./run/lazy.ts')\n"),
    sourceFile(
      'run/a.ts',
      "import type { T } from 'types-only'\nimport { type X, y } from '@scope/pkg/deep'\n",
    ),
    sourceFile('run/lazy.ts', "import 'heavy'\n"),
  ]
  expect(loadedFrom(['main.ts'], files)).toEqual(['@scope/pkg'])
  expect(loadedFrom(['main.ts', 'run/lazy.ts'], files)).toEqual(['@scope/pkg', 'heavy'])
})

function loadedFrom(entries: readonly string[], files: readonly SourceFile[]): string[] {
  const reached = reach(entries, files)
  const packages = files
    .filter(({ path }) => reached.has(path))
    .flatMap(({ imports }) => imports.filter((one) => one.kind === 'static' && isPackage(one)))
  return [...new Set(packages.map(({ target }) => target))].sort()
}

function reach(entries: readonly string[], files: readonly SourceFile[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const reached = new Set<string>()
  const queue = [...entries]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path)
    if (!file || reached.has(path)) continue
    reached.add(path)
    queue.push(...file.imports.filter(({ kind }) => kind === 'static').map(({ target }) => target))
  }
  return reached
}
