import { randomBytes } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { type DirectoryHolder, openHolder } from './held-directory.ts'
import type { NameTest } from './journal.ts'
import { readFile, refuseIntruder } from './read-file.ts'
import { removeFile } from './remove-file.ts'
import { type FileImage, splitPath, stageFile, sweepLeftovers } from './stage-file.ts'

/** More than a key and a full chain take, so that what fits now also fits after Vault has signed. */
const TRIAL_BYTES = 16 * 1024

export type PreflightTarget = Omit<FileImage, 'content'>

/**
 * Proves, before Vault is asked for anything, that every path can be written: no link or directory and no immutable file
 * stands there, leftovers of killed runs are swept, and a trial file with the real owner and mode, once per directory and
 * owner, is staged, read back and removed. Resolves to the faults by path; never rejects.
 */
export async function preflight(
  targets: readonly PreflightTarget[],
  isNeeded: NameTest,
): Promise<Map<string, KeyrollerError>> {
  const holder = openHolder()
  try {
    const faults = new Map<string, KeyrollerError>()
    const trials = new Map<string, Promise<void>>()
    for (const target of targets) {
      try {
        inspect(target, holder)
        const { uid, gid, ephemeral } = target
        const key = `${splitPath(target.path).directory}\n${uid}:${gid}${ephemeral ? ' ephemeral' : ''}`
        if (!trials.has(key)) trials.set(key, tryOut(target, holder, isNeeded))
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

function inspect({ path }: PreflightTarget, holder: DirectoryHolder): void {
  const { directory, name } = splitPath(path)
  const held = holder.hold(directory).at(name)
  refuseIntruder(held, path)
  if (isImmutable(held))
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

async function tryOut(target: PreflightTarget, holder: DirectoryHolder, isNeeded: NameTest): Promise<void> {
  const { directory: path } = splitPath(target.path)
  const directory = holder.hold(path)
  sweepLeftovers(directory, isNeeded)
  const content = randomBytes(TRIAL_BYTES)
  const staged = await stageFile(directory, { ...target, content })
  try {
    // Not by a plain read: by now the owner of the directory can have put a FIFO there, which would hold us for ever.
    const found = readFile(join(path, staged), holder)
    if (found.state === 'present' && found.content.equals(content)) return
    const why =
      found.state === 'present' ? 'expected to read back a trial file, found other bytes' : found.why
    const code = found.state === 'refused' ? 'files-refused' : 'files-failed'
    throw new KeyrollerError(code, `${join(path, staged)}: ${why}`)
  } finally {
    removeFile(directory.at(staged))
  }
}
