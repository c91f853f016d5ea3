import { randomBytes } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
import { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { openHolder } from './held-directory.ts'
import { findIntruder } from './read-file.ts'
import { splitPath, stageFile, sweepLeftovers } from './stage-file.ts'

/** More than a key and a full chain take, so that what fits now also fits after Vault has signed. */
const TRIAL_BYTES = 16 * 1024

export interface PreflightTarget {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/**
 * Proves, before Vault is asked for anything, that every path can be written: sweeps leftovers, stages a trial file with
 * the real owner and mode, reads it back, removes it. Throws `files-refused` or `files-failed`.
 */
export async function preflight(targets: readonly PreflightTarget[]): Promise<void> {
  const holder = openHolder()
  const tried = new Set<string>()
  try {
    for (const { path, mode, uid, gid } of targets) {
      const { directory: folder, name } = splitPath(path)
      const directory = holder.hold(folder)
      const intruder = findIntruder(directory.at(name))
      if (intruder !== undefined) {
        throw new KeyrollerError(
          'files-refused',
          `${path}: expected a regular file or none, found ${intruder}`,
        )
      }
      const trial = `${folder}\n${uid}:${gid}`
      if (tried.has(trial)) continue
      tried.add(trial)
      sweepLeftovers(directory)
      const content = randomBytes(TRIAL_BYTES)
      const staged = await stageFile(directory, { path, content, mode, uid, gid }).catch((cause: unknown) => {
        throw fileFault(path, 'write beside it', cause)
      })
      const same = readFileSync(directory.at(staged)).equals(content)
      unlinkSync(directory.at(staged))
      if (!same)
        throw new KeyrollerError(
          'files-failed',
          `${path}: expected to read back a trial file, found other bytes`,
        )
    }
  } finally {
    holder.close()
  }
}
