import { describeFailure } from '../../command/run-command.ts'
import { runHook } from '../../command/run-hook.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { Send } from './channel.ts'

/** The message goes to standard input: arguments and environment of a program are for everybody to read in /proc. */
export function execChannel(argv: readonly [string, ...string[]]): Send {
  return async (message, _events, signal) => {
    const end = await runHook({ argv, environment: {}, input: `${JSON.stringify(message)}\n`, signal })
    if (end.failure) throw new KeyrollerError('reload-failed', describeFailure(end))
  }
}
