/** The configuration files, read in order and joined into one table that remembers where each entry came from. */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { KeyrollerError } from '../core/errors.ts'
import { MATERIAL_KINDS } from '../core/material.ts'
import type { Problem } from './problem.ts'
import { readTrustedFile } from './trusted-file.ts'

export type Table = Record<string, unknown>

export interface JoinedFiles {
  readonly table: Table
  readonly problems: readonly Problem[]
  /** Whether every file was TOML. What is missing may stand in one that was not. */
  readonly whole: boolean
  /** File of the longest known prefix of a key path; the main file when nothing is known. */
  readonly fileOf: (path: readonly PropertyKey[]) => string
}

/** Tables whose entries are materials: one name in two files is a mistake. In all others the later file wins, key by key. */
const MATERIAL_TABLES = new Set<string>(MATERIAL_KINDS)

/** Main file, then `keyroller.d/*.toml` beside it in lexical order. Throws when a file is missing or not to be trusted. */
export function readConfigFiles(mainFile: string, uid: number): JoinedFiles {
  const table: Table = Object.create(null)
  const origins = new Map<string, string>()
  const problems: Problem[] = []
  let whole = true
  for (const file of [mainFile, ...dropIns(mainFile)]) {
    const parsed = parseFile(file, uid)
    if ('problem' in parsed) problems.push(parsed.problem)
    else problems.push(...joinInto(table, origins, parsed.table, file))
    whole &&= !('problem' in parsed)
  }
  return { table, problems, whole, fileOf: (path) => findOrigin(origins, path) ?? mainFile }
}

/** Two levels deep: sections, then their keys. What is no table is taken as it is, for the schema to refuse. */
function joinInto(table: Table, origins: Map<string, string>, added: Table, file: string): Problem[] {
  const problems: Problem[] = []
  for (const [section, value] of Object.entries(added)) {
    const into = table[section] ?? Object.create(null)
    table[section] = isTable(value) && isTable(into) ? into : value
    origins.set(section, file)
    if (!isTable(value) || !isTable(into)) continue
    for (const [name, entry] of Object.entries(value)) {
      const at = `${section}.${name}`
      const earlier = MATERIAL_TABLES.has(section) ? origins.get(at) : undefined
      if (earlier !== undefined)
        problems.push({ file, at, expected: 'each name once', found: `it in ${earlier} too` })
      else into[name] = entry
      if (earlier === undefined) origins.set(at, file)
    }
  }
  return problems
}

function dropIns(mainFile: string): string[] {
  const folder = join(dirname(mainFile), 'keyroller.d')
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.toml') && !name.startsWith('.'))
      .sort()
      .map((name) => join(folder, name))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new KeyrollerError(
      'config-missing',
      `expected to list ${folder}, found ${(cause as Error).message}`,
      { cause },
    )
  }
}

function parseFile(file: string, uid: number): { table: Table } | { problem: Problem } {
  const text = readTrustedFile(file, uid)
  try {
    return { table: parse(text) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const found = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'something else'
    return { problem: { file, at: `line ${error.line}`, expected: 'valid TOML', found } }
  }
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function findOrigin(origins: ReadonlyMap<string, string>, path: readonly PropertyKey[]): string | undefined {
  return origins.get(path.slice(0, 2).join('.')) ?? origins.get(path.slice(0, 1).join('.'))
}
