/**
 * The journal of switches that are not settled. A switch is durable here before its first rename, so that after any crash
 * `recoverSwitch` can finish or undo the whole set; and it carries the reloads the switch will owe, so that none is ever
 * forgotten. What an earlier switch left open stays beside a new one until it is settled itself.
 */
import { join } from 'node:path'
import type { MaterialId } from '../core/material.ts'
import type { IssuedMemory, OwedReload } from '../core/memory.ts'
import { isIssuedMemory, isMaterialId, isOwedReload } from '../core/memory-shape.ts'
import { listOf, matching, optional, shape } from '../core/shape.ts'
import { readOwnFile, removeOwnFile, saveOwnFile } from './own-file.ts'

export const JOURNAL_SCHEMA = 1

export interface Journal {
  readonly schema: typeof JOURNAL_SCHEMA
  readonly sets: readonly JournalSet[]
  readonly owed: readonly OwedReload[]
}

export interface JournalSet {
  readonly material: MaterialId
  readonly files: readonly JournalFile[]
  /** What the set holds once switched; unset for a repair. */
  readonly issued?: IssuedMemory
}

export interface JournalFile {
  readonly directory: string
  readonly name: string
  readonly staged: string
  /** Link to the file that was there before; unset when there was none. */
  readonly previous?: string
  /** SHA-256 of the staged bytes, hex. */
  readonly sha256: string
}

/** Durable once resolved. A set of the same material replaces its earlier one. Throws `state-failed`. */
export async function enterJournal(
  stateDir: string,
  sets: readonly JournalSet[],
  owed: readonly OwedReload[],
): Promise<void> {
  const open = openPart(readJournal(stateDir), new Set(sets.map(({ material }) => material)))
  await saveJournal(stateDir, [...open.sets, ...sets], [...open.owed, ...owed])
}

/** Forgets the sets of these materials; the file goes with the last set. May be repeated. Throws `state-failed`. */
export async function settleJournal(stateDir: string, settled: ReadonlySet<MaterialId>): Promise<void> {
  const journal = readJournal(stateDir)
  if (journal === undefined || journal === 'unreadable') return
  const open = openPart(journal, settled)
  if (open.sets.length === 0) removeOwnFile(journalPath(stateDir))
  else if (open.sets.length < journal.sets.length) await saveJournal(stateDir, open.sets, open.owed)
}

/** The journal on disk, `undefined` when there is none, `unreadable` when it is damaged or of another version. */
export function readJournal(stateDir: string): Journal | 'unreadable' | undefined {
  const text = readOwnFile(journalPath(stateDir))
  if (text === undefined) return undefined
  try {
    const journal: unknown = JSON.parse(text)
    return isJournal(journal) ? (journal as Journal) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Tells which leftovers no sweep may remove: those of open sets; with a journal that cannot be read, all of them. */
export type NameTest = (name: string) => boolean

export function neededNames(stateDir: string): NameTest {
  const journal = readJournal(stateDir)
  if (journal === 'unreadable') return () => true
  const files = journal?.sets.flatMap((set) => set.files) ?? []
  const names = new Set(files.flatMap(({ staged, previous }) => [staged, previous]))
  return (name) => names.has(name)
}

function openPart(
  journal: ReturnType<typeof readJournal>,
  settled: ReadonlySet<MaterialId>,
): Pick<Journal, 'sets' | 'owed'> {
  if (journal === undefined || journal === 'unreadable') return { sets: [], owed: [] }
  const sets = journal.sets.filter(({ material }) => !settled.has(material))
  const open = new Set(sets.map(({ material }) => material))
  return { sets, owed: journal.owed.filter(({ materials }) => materials.some((id) => open.has(id))) }
}

async function saveJournal(stateDir: string, sets: Journal['sets'], owed: Journal['owed']): Promise<void> {
  const journal: Journal = { schema: JOURNAL_SCHEMA, sets, owed }
  await saveOwnFile({
    path: journalPath(stateDir),
    text: JSON.stringify(journal),
    mode: 0o600,
    durable: true,
  })
}

function journalPath(stateDir: string): string {
  return join(stateDir, 'journal.json')
}

const isName = matching(/^[^/]+$/)

const isJournal = shape<Journal>({
  schema: (value) => value === JOURNAL_SCHEMA,
  sets: listOf(
    shape<JournalSet>({
      material: isMaterialId,
      issued: optional(isIssuedMemory),
      files: listOf(
        shape<JournalFile>({
          directory: matching(/^\//),
          name: isName,
          staged: isName,
          previous: optional(isName),
          sha256: matching(/^[0-9a-f]{64}$/),
        }),
      ),
    }),
  ),
  owed: listOf(isOwedReload),
})
