/** A deadline that holds, whatever the other side does. */
import { formatDuration } from '../core/duration.ts'
import { KeyrollerError } from '../core/errors.ts'

export interface Deadline {
  readonly timeoutMs: number
  /** The run as a whole; its end is the end of every call. */
  readonly signal: AbortSignal
}

/**
 * Settles as `act` does, or rejects with `reload-failed` as soon as `timeoutMs` have passed or the run has ended, even
 * when `act` never settles. `act` gets the signal to stop by. The timer is a plain one on purpose: it keeps the event
 * loop alive, whereas a process whose only hope is a pending promise, or an AbortSignal.timeout, exits 0.
 */
export async function within<T>(deadline: Deadline, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs, signal: run } = deadline
  const stop = new AbortController()
  const endOfRun = () => stop.abort(fault('expected to be told in this run, found the run at its end'))
  const timer = setTimeout(
    () => stop.abort(fault(`expected an answer within ${formatDuration(timeoutMs)}, found none`)),
    timeoutMs,
  )
  run.addEventListener('abort', endOfRun, { once: true })
  if (run.aborted) endOfRun()
  try {
    stop.signal.throwIfAborted()
    return await Promise.race([aborted(stop.signal), act(stop.signal)])
  } finally {
    clearTimeout(timer)
    run.removeEventListener('abort', endOfRun)
  }
}

/** Registered before `act` starts, so that the deadline's sentence wins over whatever the abort does to `act`. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function fault(message: string): KeyrollerError {
  return new KeyrollerError('reload-failed', message)
}
