/**
 * The journal of switches that are not settled. A switch is durable here before its first rename, so that after any crash
 * `recoverSwitch` can finish or undo the whole set; and it carries the reloads the switch will owe, so that none is ever
 * forgotten. What an earlier switch left open stays beside a new one until it is settled itself.
 */
import { join } from 'node:path'
import type { Layout, MaterialId } from '../../core/material.ts'
import type { IssuedMemory, OwedReload } from '../../core/memory.ts'
import { isIssuedMemory, isMaterialId, isOwedReload } from '../../core/memory-shape.ts'
import { listOf, matching, optional, shape } from '../../core/shape.ts'
import { readOwnFile, removeOwnFile, saveOwnFile } from '../own/own-file.ts'
import { leftoverName, middleName } from './generation-names.ts'

export const JOURNAL_SCHEMA = 2

export interface Journal {
  readonly schema: typeof JOURNAL_SCHEMA
  readonly sets: readonly JournalSet[]
  readonly owed: readonly OwedReload[]
}

export type JournalSet = FilesSet | GenerationSet
export type SetOf<L extends Layout> = Extract<JournalSet, { layout: L }>

interface SetBase {
  readonly material: MaterialId
  /** What the set holds once switched; unset for a repair. */
  readonly issued?: IssuedMemory
  /** Middle links of other sets that its names lead through before the switch: of a material that was renamed. */
  readonly former?: readonly string[]
}

export interface FilesSet extends SetBase {
  readonly layout: 'files'
  readonly files: readonly JournalFile[]
}

export interface JournalFile {
  readonly directory: string
  readonly name: string
  readonly staged: string
  /** Second name of the file or link that was there before; unset when there was none. */
  readonly previous?: string
  /** SHA-256 of the staged bytes, hex. */
  readonly sha256: string
}

export interface GenerationSet extends SetBase {
  readonly layout: 'generation'
  readonly directory: string
  /** The new one; staged under its `leftoverName`. */
  readonly generation: string
  /** For what stands under the names now, made only when a name does not lead into a generation of this set yet. */
  readonly adopted: string
  /** The one the middle link leads to now; unset when there is none. */
  readonly previous?: string
  /** Something stands under one of the names now. */
  readonly replaces: boolean
  readonly files: readonly { readonly name: string; readonly sha256: string }[]
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
    return isJournal(journal) ? asOfNow(journal as WrittenJournal) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** As schema 1 wrote it: no layout, because there was only one. */
type WrittenJournal = Omit<Journal, 'sets'> & {
  readonly sets: readonly (GenerationSet | (Omit<FilesSet, 'layout'> & { readonly layout?: 'files' }))[]
}

function asOfNow({ sets, owed }: WrittenJournal): Journal {
  const known = sets.map((set): JournalSet => {
    return set.layout === 'generation' ? set : { ...set, layout: 'files' }
  })
  return { schema: JOURNAL_SCHEMA, sets: known, owed }
}

/** Tells which leftovers no sweep may remove: those of open sets; with a journal that cannot be read, all of them. */
export type NameTest = (name: string) => boolean

export function neededNames(stateDir: string): NameTest {
  const journal = readJournal(stateDir)
  if (journal === 'unreadable') return () => true
  const names = new Set(journal?.sets.flatMap(namesOf))
  return (name) => names.has(name)
}

/** A middle link stands for all generations of its set. */
function namesOf(set: JournalSet): (string | undefined)[] {
  const middles = [middleName(set.material), ...(set.former ?? [])]
  if (set.layout === 'generation') return [...middles, leftoverName(set.generation)]
  return [...middles, ...set.files.flatMap(({ staged, previous }) => [staged, previous])]
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

const isBase = {
  material: isMaterialId,
  issued: optional(isIssuedMemory),
  former: optional(listOf(isName)),
}
const isDigest = matching(/^[0-9a-f]{64}$/)
const isDirectory = matching(/^\//)

const isFilesSet = shape<FilesSet>({
  ...isBase,
  layout: optional((value) => value === 'files'),
  files: listOf(
    shape<JournalFile>({
      directory: isDirectory,
      name: isName,
      staged: isName,
      previous: optional(isName),
      sha256: isDigest,
    }),
  ),
})

const isGenerationSet = shape<GenerationSet>({
  ...isBase,
  layout: (value) => value === 'generation',
  directory: isDirectory,
  generation: isName,
  adopted: isName,
  previous: optional(isName),
  replaces: (value) => typeof value === 'boolean',
  files: listOf(shape<GenerationSet['files'][number]>({ name: isName, sha256: isDigest })),
})

const isJournal = shape<WrittenJournal>({
  schema: (value) => value === JOURNAL_SCHEMA || value === 1,
  sets: listOf((value) => isFilesSet(value) || isGenerationSet(value)),
  owed: listOf(isOwedReload),
})
