import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'

/** `flock -E`: told apart from every failure of flock itself. */
const CONFLICT = 75

/**
 * Takes the host lock; the returned function gives it back. Node has no flock(2), so flock(1) takes it on the descriptor it
 * inherits: the lock belongs to our open file description (flock(2)) and the kernel drops it when we die, however we die.
 * With `waitMs` it waits that long. Throws `run-locked`.
 */
export async function takeLock(runtimeDir: string, waitMs = 0): Promise<() => void> {
  const path = join(runtimeDir, 'lock')
  const fd = openLockFile(path)
  try {
    const patience = waitMs > 0 ? ['--timeout', String(Math.ceil(waitMs / 1000))] : ['--nonblock']
    const status = await runFlock([...patience, '--conflict-exit-code', String(CONFLICT), '3'], fd)
    if (status === CONFLICT)
      throw new KeyrollerError('run-locked', `expected to take ${path}, found another run holding it`)
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

function runFlock(args: readonly string[], fd: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/flock', args, { stdio: ['ignore', 'ignore', 'ignore', fd], env: {} })
    child.once('error', (cause) =>
      reject(new KeyrollerError('internal', `expected to start flock(1), found ${cause.message}`, { cause })),
    )
    child.once('exit', (status) => resolve(status))
  })
}
