/** What a switched host shows: which mark each file has, and what must not be there. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MaterialId } from '../../../src/core/material.ts'
import { ATTRIBUTES, contentOf, FILE_NAMES, type FileName, HOMES, MARKS, type Mark } from './switched-host.ts'

/** `torn`: bytes, mode or owner are those of no mark, or not all of the same. */
export type FileState = Mark | 'none' | `torn: ${string}`

/** Per material the distinct states of its files: one state means the set is whole. */
export function readSets(root: string): ReadonlyMap<MaterialId, readonly FileState[]> {
  return new Map(
    HOMES.map(([material, home]) => {
      const states = FILE_NAMES.map((name) => readState(join(root, home), name))
      return [material, [...new Set(states)]]
    }),
  )
}

function readState(home: string, name: FileName): FileState {
  const path = join(home, name)
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return 'none'
  const content = readFileSync(path)
  const mark = MARKS.find((one) => contentOf(one, name).equals(content))
  if (!mark) return `torn: ${path} holds ${content.length} other bytes`
  const { uid, gid, modes } = ATTRIBUTES[mark]
  const found = `${stats.uid}:${stats.gid} ${(stats.mode & 0o7777).toString(8)}`
  const wanted = `${uid}:${gid} ${modes[name].toString(8)}`
  return found === wanted ? mark : `torn: ${path} is ${mark} with ${found}`
}

/** Everything in homes and state directory that does not belong there. */
export function readLeftovers(root: string): string[] {
  const belongs = new Set<string>([...FILE_NAMES, 'state.json'])
  return ['agent', 'app', 'state'].flatMap((directory) =>
    readdirSync(join(root, directory))
      .filter((name) => !belongs.has(name))
      .map((name) => `${directory}/${name}`),
  )
}
