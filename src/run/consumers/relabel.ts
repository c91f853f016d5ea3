/** SELinux: files just switched get the type that the policy has for their paths. */
import { existsSync, realpathSync } from 'node:fs'
import { KeyrollerError } from '../../core/errors.ts'
import { type Labelling, type RelabelCommand, relabelCommands } from '../../core/relabel.ts'
import { isExecutable } from '../../files/executable.ts'
import { isGuarded } from '../../files/guarded-path.ts'

/** Mounted only where SELinux is on (selinux(8)). */
const ENFORCE = '/sys/fs/selinux/enforce'
const RESTORECON = ['/usr/sbin/restorecon', '/sbin/restorecon']
const TIMEOUT_MS = 30_000
const MAX_OUTPUT_BYTES = 16 * 1024

/**
 * Relabels paths and what they lead to, where SELinux is on and restorecon installed. It follows links, so what stands in a
 * directory of somebody else is left with the type it inherited. Resolves to what could not be done, as a sentence: files
 * with another type are still whole. Never rejects.
 */
export async function relabel(paths: readonly string[], uid: number): Promise<string | undefined> {
  try {
    const labelling = findLabelling()
    const guarded = labelling.isOn ? guardedPaths(paths, uid) : []
    for (const command of relabelCommands(guarded, labelling)) await restore(command)
    return undefined
  } catch (error) {
    return `files keep the SELinux type they inherited: ${(error as Error).message}`
  }
}

function findLabelling(): Labelling {
  const restorecon = RESTORECON.find(isExecutable)
  return { isOn: existsSync(ENFORCE), ...(restorecon === undefined ? {} : { restorecon }) }
}

/** restorecon(8) labels a link itself, so what it leads to is named beside it. */
function guardedPaths(paths: readonly string[], uid: number): string[] {
  const guarded = paths.filter((path) => isGuarded(path, uid) && existsSync(path))
  return [...new Set(guarded.flatMap((path) => [path, realpathSync(path)]))]
}

/** Throws a KeyrollerError that says what was expected of the program, and found. */
async function restore(argv: RelabelCommand): Promise<void> {
  const { describeFailure, runCommand } = await import('../../command/run-command.ts')
  const [program] = argv
  const stop = new AbortController()
  const late = `${program}: expected it to end within ${TIMEOUT_MS / 1000} s, found it running`
  const timer = setTimeout(() => stop.abort(new KeyrollerError('files-failed', late)), TIMEOUT_MS)
  try {
    const { signal } = stop
    const end = await runCommand({ argv, environment: {}, maxOutputBytes: MAX_OUTPUT_BYTES, signal })
    if (end.failure) throw new KeyrollerError('files-failed', `${program}: ${describeFailure(end)}`)
  } finally {
    clearTimeout(timer)
  }
}
