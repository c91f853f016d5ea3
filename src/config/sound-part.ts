import type * as z from 'zod/mini'
import { isTable, type Table } from './read-files.ts'

/** For keys that others ask for: a fault of their own must not be told a second time as their absence. */
const STAND_INS: Readonly<Record<string, Table>> = {
  vault: { address: 'https://left-out.invalid', ca_file: '/left-out' },
  pki: { mount: 'left-out', trust_file: '/left-out' },
}

/**
 * The configuration without the entries that have a fault of their own: whole materials, and single keys of sections. What
 * shows only across entries is looked for in the rest, so that all problems are told at once.
 */
export function soundPart(table: Table, issues: readonly z.core.$ZodIssue[]): Table {
  const faulty = new Set(issues.flatMap(faultyPlaces))
  const sections = Object.entries(table).filter(([section]) => !faulty.has(section))
  const sound = sections.map(([section, value]) => [
    section,
    isTable(value) ? soundEntries(section, value, faulty) : value,
  ])
  const lost = Object.entries(STAND_INS).filter(([section]) => faulty.has(section))
  return Object.fromEntries([...sound, ...lost])
}

/** Places as the first two keys of a path; an unknown key is at fault itself, not the table it stands in. */
function faultyPlaces(issue: z.core.$ZodIssue): string[] {
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
  return paths.map((path) => path.slice(0, 2).join('\0'))
}

function soundEntries(section: string, entries: Table, faulty: ReadonlySet<string>): Table {
  const isFaulty = (name: string) => faulty.has(`${section}\0${name}`)
  const standIns = Object.entries(STAND_INS[section] ?? {}).filter(([name]) => isFaulty(name))
  return Object.fromEntries([...Object.entries(entries).filter(([name]) => !isFaulty(name)), ...standIns])
}
