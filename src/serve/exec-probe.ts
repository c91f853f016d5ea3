/** A program that knows how to look. Its exit code is the answer. */
import { describeFailure } from '../command/run-command.ts'
import { runHook } from '../command/run-hook.ts'
import type { ExecProbe } from '../core/consumers/probe.ts'
import type { Served } from '../core/consumers/served.ts'
import { KeyrollerError } from '../core/errors.ts'

export interface ExecLook {
  /** What a reload hook learns of the material, and what is to be served. */
  readonly environment: Readonly<Record<string, string>>
  /** What exit code 0 says: `serial 4b is served`. */
  readonly says: string
  /** Deadline of this one look. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Never rejects for what the program does. It is killed with its children at the deadline. */
export async function askProgram(
  { argv, text }: ExecProbe,
  { environment, says, timeoutMs, signal }: ExecLook,
): Promise<Served> {
  // A plain timer: that of AbortSignal.timeout keeps no process alive.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(silent(`within ${timeoutMs} ms`)), timeoutMs)
  try {
    const end = await runHook({ argv, environment, signal: AbortSignal.any([signal, late.signal]) })
    if (end.failure === undefined) return { outcome: 'served', message: `${text} says that ${says}` }
    return { outcome: 'probe-failed', message: `${text}: ${describeFailure(end)}` }
  } catch (error) {
    if (signal.aborted) return failed(text, silent('before the run was stopped'))
    if (error instanceof KeyrollerError) return failed(text, error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function silent(when: string): KeyrollerError {
  return new KeyrollerError('serve-mismatch', `expected an answer ${when}, found none`)
}

function failed(text: string, { message }: KeyrollerError): Served {
  return { outcome: 'probe-failed', message: `${text}: ${message}` }
}
