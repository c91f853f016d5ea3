/** Names and habits that the compiler and the linter do not watch. */
import { expect, test } from 'vitest'
import { FAULTS } from '../../src/core/errors.ts'
import { readSources } from './source.ts'

const sources = readSources()

test('file and directory names are kebab-case', () => {
  const odd = sources.filter(
    ({ path }) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(path),
  )
  expect(odd.map(({ path }) => path)).toEqual([])
})

test('no barrels: no index.ts, and nothing is exported from elsewhere', () => {
  const barrels = sources.filter(
    ({ path, text }) => path.endsWith('index.ts') || /^export (?:type )?[*{][^'"`]*\sfrom\s/m.test(text),
  )
  expect(barrels.map(({ path }) => path)).toEqual([])
})

test('no drawers', () => {
  const drawers = sources.filter(({ path }) =>
    /(?:^|[/-])(?:utils?|helpers?|common|misc|shared|lib)(?:[/.-]|$)/.test(path),
  )
  expect(drawers.map(({ path }) => path)).toEqual([])
})

/** What a module remembers between calls is a second, hidden argument of all its functions. */
test('no module state', () => {
  const state = linesMatching(
    /^(?:export )?(?:let|var) |^(?:export )?const \w+[^=]*= (?:new (?:Map|Set|WeakMap|WeakSet)(?:<[^(]*>)?\(\)|\[\]|\{\})$/,
  )
  expect(state).toEqual([])
})

/** `main.ts` is the process edge. The exceptions say what for. */
const PROCESS_USES = new Set([
  'command/account.ts: process.geteuid', // who needs no change of user
  'command/run-command.ts: process.kill', // the only way to signal a process group
  'files/switching/generation-directory.ts: process.geteuid', // whose directories may be emptied
  'reload/containers/open-podman.ts: process.getuid', // whose socket may be trusted
  'reload/signal.ts: process.kill', // a signal is what it sends
  'reload/units/systemd.ts: process.getuid', // whose manager is meant
])

test('the process is touched in main.ts only', () => {
  const uses = sources.flatMap(({ path, text }) =>
    [...withoutComments(text).matchAll(/(?<![\w'.])process(?:\??\.\w+|\b(?! *:))/g)].map(
      ([use]) => `${path}: ${use}`,
    ),
  )
  const strays = uses.filter((use) => !use.startsWith('main.ts: ') && !PROCESS_USES.has(use))
  expect(strays).toEqual([])
  expect([...PROCESS_USES].filter((use) => !uses.includes(use))).toEqual([])
})

test('nothing prints by itself', () => {
  expect(linesMatching(/\bconsole\./)).toEqual([])
})

test('every fault of the table is one that somebody meets', () => {
  const elsewhere = sources.filter(({ path }) => path !== 'core/errors.ts').map(({ text }) => text)
  const unused = Object.keys(FAULTS).filter((code) => !elsewhere.some((text) => text.includes(`'${code}'`)))
  // `internal` is what everything else becomes.
  expect(unused.filter((code) => code !== 'internal')).toEqual([])
})

/** Told apart from a code by nobody; faults that an operator can meet are a KeyrollerError. */
test('one error class', () => {
  expect(linesMatching(/\bclass \w+ extends \w*Error\b/)).toEqual([
    'core/errors.ts: export class KeyrollerError extends Error {',
  ])
})

test('no file of src names a machine, a person or a tool', () => {
  expect(linesMatching(/\/work\/|\/tmp\/|\bTODO\b|\bFIXME\b/)).toEqual([])
})

function linesMatching(pattern: RegExp): string[] {
  return sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line}`),
  )
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?:^|\s)\/\/.*$/gm, '')
}
