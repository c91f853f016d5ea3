import { randomBytes } from 'node:crypto'
import { accessSync, constants, linkSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { forEachBounded } from '../core/concurrency.ts'
import { KeyrollerError } from '../core/errors.ts'
import type { Layout, MaterialId } from '../core/material.ts'
import { fileFault } from './file-fault.ts'
import { type DirectoryHolder, type HeldDirectory, openHolder } from './held-directory.ts'
import { readFile } from './read-file.ts'
import { removeFile, removeQuietly } from './remove-file.ts'
import { type FileImage, previousName, splitPath, stagedName, stageFile } from './stage-file.ts'
import { makeGeneration, removeLeftover } from './switching/generation-directory.ts'
import { middleName } from './switching/generation-names.ts'
import type { NameTest } from './switching/journal.ts'
import { pointLink } from './switching/point-link.ts'
import { readMiddle, standingOf } from './switching/standing.ts'
import { sweepLeftovers } from './switching/sweep-sets.ts'

/** More than a key and a full chain take, so that what fits now also fits after Vault has signed. */
const TRIAL_BYTES = 16 * 1024

export interface PreflightTarget extends Omit<FileImage, 'content'> {
  readonly material: MaterialId
  readonly layout: Layout
}

/** Enough for fsyncs to share journal commits of the file system. */
const TRIALS_AT_ONCE = 64

/**
 * Proves, before Vault is asked for anything, that every path can be written: no link or directory and no immutable file
 * stands there, leftovers of killed runs are swept, and a trial file with the real owner and mode, once per directory, owner
 * and mode, is staged, read back, linked and removed. Resolves to the faults by path; never rejects.
 */
export async function preflight(
  targets: readonly PreflightTarget[],
  isNeeded: NameTest,
): Promise<Map<string, KeyrollerError>> {
  const holder = openHolder()
  const faults: Faults = new Map()
  try {
    // Every directory is swept before the first trial, which would be taken for a leftover.
    const trials = Map.groupBy(inspectAll(targets, holder, isNeeded, faults), trialOf)
    await forEachBounded([...trials.values()], TRIALS_AT_ONCE, async (alike) => {
      const [first] = alike
      try {
        if (first) await tryOut(first, holder)
      } catch (error) {
        for (const target of alike) blame(target, error, faults)
      }
    })
    return faults
  } finally {
    holder.close()
  }
}

type Faults = Map<string, KeyrollerError>

function blame({ path }: PreflightTarget, error: unknown, faults: Faults): void {
  faults.set(path, fileFault(path, 'write beside it', error))
}

/** Targets of which one trial proves all: what a file system keeps of a file can depend on each of these. */
function trialOf({ path, uid, gid, mode, ephemeral, layout }: PreflightTarget): string {
  return [splitPath(path).directory, uid, gid, mode, ephemeral, layout].join('\n')
}

/** Those of the targets that nothing stands in the way of. */
function inspectAll(
  targets: readonly PreflightTarget[],
  holder: DirectoryHolder,
  isNeeded: NameTest,
  faults: Faults,
): PreflightTarget[] {
  const swept = new Set<string>()
  return targets.filter((target) => {
    const { directory } = splitPath(target.path)
    try {
      inspect(target, holder)
      if (!swept.has(directory)) sweepLeftovers(holder.hold(directory), isNeeded)
      swept.add(directory)
      return true
    } catch (error) {
      blame(target, error, faults)
      return false
    }
  })
}

function inspect({ path, material, layout }: PreflightTarget, holder: DirectoryHolder): void {
  const { directory: parent, name } = splitPath(path)
  const directory = holder.hold(parent)
  if (layout === 'generation') readMiddle(directory, middleName(material))
  if (standingOf(directory, name).kind === 'file' && isImmutable(directory.at(name)))
    throw new KeyrollerError('files-failed', `${path}: expected to replace it, found it immutable`)
}

/** The kernel answers EPERM for an immutable inode alone, to root too (inode_permission in fs/namei.c); and touches nothing. */
function isImmutable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function tryOut(target: PreflightTarget, holder: DirectoryHolder): Promise<void> {
  const { directory: path } = splitPath(target.path)
  const directory = holder.hold(path)
  if (target.layout === 'generation') tryGeneration(directory)
  const content = randomBytes(TRIAL_BYTES)
  const staged = await stageFile(directory, { ...target, content })
  try {
    // Not by a plain read: by now the owner of the directory can have put a FIFO there, which would hold us for ever.
    const found = readFile(join(path, staged), holder)
    if (found.state !== 'present') {
      const code = found.state === 'refused' ? 'files-refused' : 'files-failed'
      throw new KeyrollerError(code, `${join(path, staged)}: ${found.why}`)
    }
    if (!found.content.equals(content))
      throw new KeyrollerError(
        'files-failed',
        `${join(path, staged)}: expected to read back a trial file, found other bytes`,
      )
    tryLink(staged, directory)
  } finally {
    removeFile(directory.at(staged))
  }
}

/** What a switch replaces keeps a second name until all is done; FAT and others know one name only. */
function tryLink(staged: string, directory: HeldDirectory): void {
  const link = directory.at(previousName())
  try {
    linkSync(directory.at(staged), link)
    removeFile(link)
  } catch (cause) {
    throw fileFault(directory.path, 'keep hard links to what is replaced', cause)
  }
}

/** A directory as a generation is one, and a link to it as the middle link is one. */
function tryGeneration(directory: HeldDirectory): void {
  const generation = stagedName()
  const link = stagedName()
  try {
    makeGeneration(directory, generation).close()
    pointLink(directory, link, generation)
    const found = readlinkSync(directory.at(link))
    if (found !== generation)
      throw new KeyrollerError(
        'files-failed',
        `${directory.path}: expected to read back a link, found ${found}`,
      )
  } catch (cause) {
    throw fileFault(directory.path, 'keep directories and links', cause)
  } finally {
    removeQuietly(directory.at(link))
    removeLeftover(directory, generation)
  }
}
