import { join } from 'node:path'
import type { KeyrollerError } from '../../core/errors.ts'
import type { Layout, MaterialId } from '../../core/material.ts'
import type { IssuedMemory } from '../../core/memory.ts'
import type { DirectoryHolder } from '../held-directory.ts'
import type { FileImage } from '../stage-file.ts'
import type { JournalSet } from './journal.ts'

/** The files of a material as they shall be; with the layout `generation` all in one directory. */
export interface FileSet {
  readonly material: MaterialId
  readonly layout: Layout
  readonly images: readonly FileImage[]
  readonly issued?: IssuedMemory
}

/** What a layout does for `switchSets`, in this order. */
export interface LayoutSwitch<S extends JournalSet> {
  /** All of the set durable beside its targets, but for their directories; no visible name changes. Throws, and leaves nothing. */
  stage(set: FileSet, holder: DirectoryHolder): Promise<S>
  /** The new files take the visible names. Resolves to why they could not, with the set put back; throws when that failed too. */
  place(set: S, holder: DirectoryHolder): Promise<KeyrollerError | undefined>
  /** Removes what the switch leaves, done or put back. What cannot be removed now, the next sweep finds. Never throws. */
  drop(set: S, holder: DirectoryHolder): void
}

/** What a layout does for `recoverSwitch`. */
export interface LayoutRecovery<S extends JournalSet> {
  /** Throws when the directories are there, but not what was in them: not mounted yet. */
  refuseAbsence(set: S, holder: DirectoryHolder): void
  /** Finishes the switch from wherever it was cut off; resolves to why it cannot, with nothing of before removed. */
  finish(set: S, holder: DirectoryHolder): Promise<string | undefined>
  /** Puts back what was there before; the paths of which nothing of before is left. Throws for what it could not put back. */
  restore(set: S, holder: DirectoryHolder): string[]
}

/** Every directory whose names the switch of a set changes. */
export function directoriesOf(set: JournalSet): string[] {
  if (set.layout === 'generation') return [set.directory]
  return [...new Set(set.files.map(({ directory }) => directory))]
}

/** Every path that the switch of a set leads to something new. */
export function pathsOf(set: JournalSet): string[] {
  if (set.layout === 'generation') return set.files.map(({ name }) => join(set.directory, name))
  return set.files.map(({ directory, name }) => join(directory, name))
}
