/**
 * The journal of a switch under way. It is durable before the first rename, so that after any crash `recoverSwitch` can
 * finish or undo the whole set; and it carries the reloads the switch will owe, so that none is ever forgotten.
 */
import { join } from 'node:path'
import type { MaterialId } from '../core/material.ts'
import type { IssuedMemory, OwedReload } from '../core/memory.ts'
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

export async function saveJournal(stateDir: string, journal: Journal): Promise<void> {
  await saveOwnFile({
    path: journalPath(stateDir),
    text: JSON.stringify(journal),
    mode: 0o600,
    durable: true,
  })
}

/** The journal an interrupted run left, `undefined` when there is none, `unreadable` when it is damaged or foreign. */
export function readJournal(stateDir: string): Journal | 'unreadable' | undefined {
  const text = readOwnFile(journalPath(stateDir))
  if (text === undefined) return undefined
  try {
    const journal: unknown = JSON.parse(text)
    return isJournal(journal) ? journal : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

export function clearJournal(stateDir: string): void {
  removeOwnFile(journalPath(stateDir))
}

function journalPath(stateDir: string): string {
  return join(stateDir, 'journal.json')
}

/** Our own file in a root-owned directory: the shape is checked against damage, not against malice. */
function isJournal(value: unknown): value is Journal {
  const journal = value as Partial<Journal> | null
  if (journal?.schema !== JOURNAL_SCHEMA || !Array.isArray(journal.sets) || !Array.isArray(journal.owed))
    return false
  return journal.sets.every((set) => Array.isArray(set?.files) && set.files.every(isJournalFile))
}

function isJournalFile(value: unknown): boolean {
  const file = value as Partial<JournalFile> | null
  return [file?.directory, file?.name, file?.staged, file?.sha256].every((one) => typeof one === 'string')
}
