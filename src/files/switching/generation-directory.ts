/**
 * Directories that hold a generation. They are known by their owner, which is whoever keyroller runs as, and by the sticky
 * bit: on a directory that only its owner writes to it means nothing (inode(7)), so nobody else sets it, and nobody but the
 * owner can. An app that owns the directory around can rename what root keeps in it; it must not thereby make keyroller take
 * that for a generation, and empty it.
 */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { octal } from '../../core/deciding/file-drift.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { HeldDirectory } from '../held-directory.ts'
import { removeFile } from '../remove-file.ts'
import { leftoverName } from './generation-names.ts'

const PRIVATE = 0o1700
const PUBLIC = 0o1755

/**
 * A new, empty directory that only its owner can look into. Throws the plain system error, or `files-refused` when it was
 * swapped or the file system keeps no such mode; leaves nothing behind.
 */
export function makeGeneration(parent: HeldDirectory, name: string): HeldDirectory {
  mkdirSync(parent.at(name), PRIVATE)
  const made = holdMade(parent, name)
  try {
    // The parent's owner can have put another of our directories under the name meanwhile.
    if (readdirSync(made.at('.')).length > 0) throw refusal(made.path, 'one that is not empty')
    return made
  } catch (error) {
    made.close()
    throw error
  }
}

function holdMade(parent: HeldDirectory, name: string): HeldDirectory {
  try {
    return holdGeneration(parent, name)
  } catch (error) {
    removeEmpty(parent, name)
    throw error
  }
}

/** rmdir(2) takes nothing that has something in it. */
function removeEmpty(parent: HeldDirectory, name: string): void {
  try {
    rmdirSync(parent.at(name))
  } catch {}
}

/** What is complete may be seen: modes and owners of the files in it decide who reads them. */
export async function completeGeneration(held: HeldDirectory): Promise<void> {
  chmodSync(held.at('.'), PUBLIC)
  await held.sync()
}

/** Holds a directory of ours. Throws the plain system error, also when there is none, and `files-refused` when it is not ours. */
export function holdGeneration(parent: HeldDirectory, name: string): HeldDirectory {
  const held = holdInside(parent, name)
  try {
    const stats = statSync(held.at('.'))
    if (isOurs(stats)) return held
    throw refusal(held.path, `owner ${stats.uid} and mode ${octal(stats.mode & 0o7777)}`)
  } catch (error) {
    held.close()
    throw error
  }
}

/** O_DIRECTORY with O_NOFOLLOW answers ENOTDIR for a link (open(2)), whatever the link points at. */
function holdInside(parent: HeldDirectory, name: string): HeldDirectory {
  try {
    return parent.inside(name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error
    throw refusal(join(parent.path, name), 'a link or file')
  }
}

export function isGenerationThere(parent: HeldDirectory, name: string): boolean {
  try {
    holdGeneration(parent, name).close()
    return true
  } catch {
    return false
  }
}

/**
 * Removes a generation; the first step gives it the name of a leftover, so that one half removed is never taken for a
 * generation. What cannot be removed stays, also a directory that is not ours. Never throws.
 */
export function removeGeneration(parent: HeldDirectory, generation: string): void {
  try {
    if (!isGenerationThere(parent, generation)) return
    renameSync(parent.at(generation), parent.at(leftoverName(generation)))
    removeLeftover(parent, leftoverName(generation))
  } catch {}
}

/** Empties and removes a directory of ours, one level deep. True when it is gone; never throws. */
export function removeLeftover(parent: HeldDirectory, name: string): boolean {
  try {
    const held = holdGeneration(parent, name)
    try {
      for (const entry of readdirSync(held.at('.'))) removeFile(held.at(entry))
    } finally {
      held.close()
    }
    rmdirSync(parent.at(name))
    return true
  } catch {
    return false
  }
}

function isOurs({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & 0o1022) === 0o1000
}

function refusal(path: string, found: string): KeyrollerError {
  return new KeyrollerError(
    'files-refused',
    `${path}: expected a generation of keyroller's own, found ${found}`,
  )
}
