/** `exec`: a program that tells whomever it wants. Its exit code is the answer. */

import { asAccount, findAccount } from '../command/account.ts'
import { describeFailure } from '../command/run-command.ts'
import { runHook } from '../command/run-hook.ts'
import type { ExecTarget } from '../core/consumers/target.ts'
import { KeyrollerError } from '../core/errors.ts'
import type { Teller } from './teller.ts'

export const execTeller: Teller<ExecTarget> = {
  // The vector, not the text form: two programs are the same only if every argument is, and who runs it.
  members: async ({ argv, user, text }) => [
    { id: `exec:${JSON.stringify(argv)}${user === undefined ? '' : `?user=${user}`}`, name: text },
  ],

  tell: async (_member, target, { hookEnvironment, signal }) => {
    const { argv, environment } = await programOf(target, signal)
    const end = await runHook({ argv, environment: { ...hookEnvironment, ...environment }, signal })
    if (end.failure) throw new KeyrollerError('reload-failed', describeFailure(end))
    return 'ran, exit code 0'
  },

  look: async () => undefined,
}

async function programOf({ argv, user }: ExecTarget, signal: AbortSignal) {
  if (user === undefined) return { argv, environment: {} }
  const account = await findAccount(user, signal)
  const { name, home } = account
  return { argv: asAccount(argv, account), environment: { HOME: home, USER: name, LOGNAME: name } }
}
