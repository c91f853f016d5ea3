import { randomBytes } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
import { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { type DirectoryHolder, openHolder } from './held-directory.ts'
import { findIntruder } from './read-file.ts'
import { type FileImage, splitPath, stageFile, sweepLeftovers } from './stage-file.ts'

/** More than a key and a full chain take, so that what fits now also fits after Vault has signed. */
const TRIAL_BYTES = 16 * 1024

export type PreflightTarget = Omit<FileImage, 'content'>

/**
 * Proves, before Vault is asked for anything, that every path can be written: no link or directory stands there, leftovers
 * of killed runs are swept, and a trial file with the real owner and mode, once per directory and owner, is staged, read
 * back and removed. Resolves to the faults by path; never rejects.
 */
export async function preflight(targets: readonly PreflightTarget[]): Promise<Map<string, KeyrollerError>> {
  const holder = openHolder()
  try {
    const faults = new Map<string, KeyrollerError>()
    const trials = new Map<string, Promise<void>>()
    const swept = new Set<string>()
    for (const target of targets) {
      try {
        inspect(target, holder, swept)
        const key = `${splitPath(target.path).directory}\n${target.uid}:${target.gid}`
        if (!trials.has(key)) trials.set(key, tryOut(target, holder))
        await trials.get(key)
      } catch (error) {
        faults.set(target.path, fileFault(target.path, 'write beside it', error))
      }
    }
    return faults
  } finally {
    holder.close()
  }
}

function inspect({ path }: PreflightTarget, holder: DirectoryHolder, swept: Set<string>): void {
  const { directory: folder, name } = splitPath(path)
  const directory = holder.hold(folder)
  const intruder = findIntruder(directory.at(name))
  if (intruder !== undefined) {
    throw new KeyrollerError('files-refused', `${path}: expected a regular file or none, found ${intruder}`)
  }
  if (!swept.has(folder)) sweepLeftovers(directory)
  swept.add(folder)
}

async function tryOut(target: PreflightTarget, holder: DirectoryHolder): Promise<void> {
  const directory = holder.hold(splitPath(target.path).directory)
  const content = randomBytes(TRIAL_BYTES)
  const staged = directory.at(await stageFile(directory, { ...target, content }))
  const same = readFileSync(staged).equals(content)
  unlinkSync(staged)
  if (!same)
    throw new KeyrollerError(
      'files-failed',
      `${target.path}: expected to read back a trial file, found other bytes`,
    )
}
