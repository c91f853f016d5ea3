import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'

/** `flock -E`: told apart from every failure of flock itself. */
const CONFLICT = 75

export interface LockWait {
  /** 0 does not wait. */
  readonly ms: number
  /** Its abort ends the wait; the KeyrollerError given as reason is what is thrown. */
  readonly signal: AbortSignal
}

/**
 * Takes the host lock; the returned function gives it back. Node has no flock(2), so flock(1) takes it on the descriptor it
 * inherits: the lock belongs to our open file description (flock(2)) and the kernel drops it when we die, however we die.
 * Throws `run-locked`; `run-interrupted` when the wait is ended.
 */
export async function takeLock(runtimeDir: string, wait?: LockWait): Promise<() => void> {
  const path = join(runtimeDir, 'lock')
  const fd = openLockFile(path)
  try {
    const status = await runFlock(fd, wait)
    if (status === CONFLICT)
      throw new KeyrollerError('run-locked', `expected to take ${path}, found another run holding it`)
    if (typeof status === 'string')
      throw new KeyrollerError(
        'run-interrupted',
        `expected to take ${path}, found the wait ended by ${status}`,
      )
    if (status !== 0)
      throw new KeyrollerError('internal', `expected flock(1) to lock ${path}, found exit ${status}`)
    return () => closeSync(fd)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function openLockFile(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code
    throw new KeyrollerError('state-failed', `${path}: expected to open the lock file, found ${found}`, {
      cause,
    })
  }
}

/** Its exit code, or the name of the signal that ended it: a terminal sends Ctrl-C to the whole group. */
function runFlock(fd: number, wait?: LockWait): Promise<number | string> {
  const patience = wait && wait.ms > 0 ? ['--timeout', String(Math.ceil(wait.ms / 1000))] : ['--nonblock']
  const args = [...patience, '--conflict-exit-code', String(CONFLICT), '3']
  const { signal } = wait ?? {}
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/flock', args, {
      stdio: ['ignore', 'ignore', 'ignore', fd],
      env: {},
      ...(signal ? { signal } : {}),
    })
    child.once('error', (cause) => {
      const found = `expected to start flock(1), found ${cause.message}`
      reject(signal?.aborted ? signal.reason : new KeyrollerError('internal', found, { cause }))
    })
    child.once('exit', (code, signalName) => resolve(code ?? signalName ?? 'nothing'))
  })
}
