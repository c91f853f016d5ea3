/** What a switched host shows: which mark each file has, and what must not be there. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parseKeptSetName } from '../../../src/core/kept-set.ts'
import type { MaterialId } from '../../../src/core/material.ts'
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

function readState(path: string, role: Role): FileState {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return 'none'
  const content = readFileSync(path)
  const mark = MARKS.find((one) => contentOf(one, role).equals(content))
  if (!mark) return `torn: ${path} holds ${content.length} other bytes`
  const { uid, gid, modes } = ATTRIBUTES[mark]
  const found = `${stats.uid}:${stats.gid} ${(stats.mode & 0o7777).toString(8)}`
  const wanted = `${uid}:${gid} ${modes[role].toString(8)}`
  return found === wanted ? mark : `torn: ${path} is ${mark} with ${found}`
}

/** Every file below the root that does not belong where it is: no key may lie anywhere but in its place. */
export function readLeftovers(root: string, files: number): string[] {
  const placed = HOMES.flatMap(([, home]) => rolesOf(files).map((role) => `${home}/${role}.pem`))
  const belongs = new Set<string>([...placed, 'state/state.json', 'run/lock'])
  const isKept = (path: string) =>
    dirname(path) === 'state/previous' && parseKeptSetName(basename(path)) !== undefined
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !belongs.has(path) && !isKept(path))
}
