/** An inbox: a directory of root alone, into which an orchestrator puts what is to be adopted. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { octal } from '../core/deciding/file-drift.ts'
import { KeyrollerError } from '../core/errors.ts'
import { fileFault } from './file-fault.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { shredFile } from './own/shred-file.ts'
import { describeReadFault, type FileReading, readHeld } from './read-file.ts'

export interface Inbox {
  /** By name, those of them that are there. Throws `config-untrusted`, and `files-refused` for what is no regular file. */
  read(names: readonly string[]): ReadonlyMap<string, Buffer>
  /**
   * Overwritten and removed, durable. A file that holds other bytes by now stays: it was pushed meanwhile. Throws
   * `files-failed`.
   */
  clear(taken: ReadonlyMap<string, Buffer>): Promise<void>
  close(): void
}

/**
 * Held open, so that what was judged is what is read. Throws `config-untrusted` for a directory that is not root's or the
 * user's keyroller runs as, or open to anybody else, `files-refused` for a link in its path, and `files-failed`.
 */
export function openInbox(path: string, uid: number): Inbox {
  const directory = holdDirectory(path)
  const distrust = findDistrust(statSync(directory.at('.')), uid, 0o077)
  if (distrust !== undefined) {
    directory.close()
    const hint = `chown root ${path} && chmod 0700 ${path}, and push again: somebody else may have written there`
    throw new KeyrollerError('config-untrusted', `${path}: ${distrust}`, { hint })
  }
  return {
    read: (names) => new Map(names.flatMap((name) => readTrusted(directory, name, uid))),
    clear: (taken) => clear(directory, taken),
    close: directory.close,
  }
}

function readTrusted(directory: HeldDirectory, name: string, uid: number): [string, Buffer][] {
  const path = join(directory.path, name)
  const reading = readEntry(directory, name)
  if (reading.state === 'missing') return []
  if (reading.state !== 'present') {
    const code = reading.state === 'refused' ? 'files-refused' : 'files-failed'
    throw new KeyrollerError(code, `${path}: ${reading.why}`)
  }
  const distrust = findDistrust(reading, uid, 0o022)
  if (distrust !== undefined) throw new KeyrollerError('config-untrusted', `${path}: ${distrust}`)
  return [[name, reading.content]]
}

function readEntry(directory: HeldDirectory, name: string): FileReading {
  try {
    return readHeld(directory.at(name))
  } catch (error) {
    return describeReadFault(error)
  }
}

function findDistrust(
  found: { readonly uid: number; readonly mode: number },
  uid: number,
  forbidden: number,
): string | undefined {
  if (found.uid !== 0 && found.uid !== uid)
    return `expected owner 0${uid === 0 ? '' : ` or ${uid}`}, found ${found.uid}`
  if ((found.mode & forbidden) === 0) return undefined
  return `expected none of the mode bits ${octal(forbidden)}, found mode ${octal(found.mode & 0o777)}`
}

async function clear(directory: HeldDirectory, taken: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [name, content] of taken) {
    const reading = readEntry(directory, name)
    if (reading.state !== 'present' || !reading.content.equals(content)) continue
    try {
      shredFile(directory.at(name))
    } catch (cause) {
      throw fileFault(join(directory.path, name), 'overwrite and remove it', cause)
    }
  }
  await directory.sync()
}
