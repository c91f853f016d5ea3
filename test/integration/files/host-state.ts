/** What a switched host shows: which mark each file has, and what must not be there. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseKeptSetName } from '../../../src/core/kept-set.ts'
import type { MaterialId } from '../../../src/core/material.ts'
import { isGenerationOf, middleName } from '../../../src/files/switching/generation-names.ts'
import { ATTRIBUTES, contentOf, HOMES, MARKS, type Mark, type Role, rolesOf } from './switched-host.ts'

/** `torn`: bytes, mode or owner are those of no mark, or not all of the same. */
export type FileState = Mark | 'none' | `torn: ${string}`

/** Per material the distinct states of its files: one state means the set is whole. */
export function readSets(root: string, files: number): ReadonlyMap<MaterialId, readonly FileState[]> {
  return new Map(
    HOMES.map(([material, home]) => {
      const states = rolesOf(files).map((role) => readState(join(root, home, `${role}.pem`), role))
      return [material, [...new Set(states)]]
    }),
  )
}

/** As a consumer reads: through the name, whatever it leads through. */
function readState(path: string, role: Role): FileState {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return 'none'
  const content = readFileSync(path)
  const mark = MARKS.find((one) => contentOf(one, role).equals(content))
  if (!mark) return `torn: ${path} holds ${content.length} other bytes`
  const { uid, gid, modes } = ATTRIBUTES[mark]
  const found = `${stats.uid}:${stats.gid} ${(stats.mode & 0o7777).toString(8)}`
  const wanted = `${uid}:${gid} ${modes[role].toString(8)}`
  return found === wanted ? mark : `torn: ${path} is ${mark} with ${found}`
}

/** Everything below the root that does not belong where it is: no key may lie anywhere but in its place. */
export function readLeftovers(root: string, files: number): string[] {
  const placed = HOMES.flatMap(([id, home]) => {
    const names = rolesOf(files).map((role) => `${role}.pem`)
    return [home, ...[...names, ...placesOf(join(root, home), id, names)].map((name) => `${home}/${name}`)]
  })
  const own = ['state', 'state/state.json', 'state/ledger.jsonl', 'state/previous', 'run', 'run/lock']
  const belongs = new Set<string>([...own, ...placed])
  const isKept = (path: string) =>
    dirname(path) === 'state/previous' && parseKeptSetName(basename(path)) !== undefined
  return entriesBelow(root).filter((path) => !belongs.has(path) && !isKept(path))
}

/** The middle link, the generation it leads to, and one before; nothing of that when no name is a link. */
function placesOf(home: string, id: MaterialId, names: readonly string[]): string[] {
  const stats = names.map((name) => lstatSync(join(home, name), { throwIfNoEntry: false }))
  if (!stats.some((one) => one?.isSymbolicLink())) return []
  const middle = middleName(id)
  const current = readlinkSync(join(home, middle))
  const [before] = readdirSync(home).filter((name) => isGenerationOf(middle, name) && name !== current)
  const generations = [current, ...(before === undefined ? [] : [before])]
  return [middle, ...generations.flatMap((one) => [one, ...names.map((name) => `${one}/${name}`)])]
}

/** readdir(3) with `recursive` would go through links to directories. */
function entriesBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...entriesBelow(root, path)] : [path]
  })
}
