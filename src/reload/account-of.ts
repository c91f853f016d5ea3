import { type Account, findAccount } from '../command/account.ts'
import { KeyrollerError } from '../core/errors.ts'

/**
 * The account that a consumer belongs to. Rejects with `reload-failed` also where there is none: a name service that is down is
 * no sign that consumers are gone, and what is owed stays owed.
 */
export async function accountOf(user: string, signal: AbortSignal): Promise<Account> {
  try {
    return await findAccount(user, signal)
  } catch (error) {
    if (!(error instanceof KeyrollerError)) throw error
    throw new KeyrollerError('reload-failed', error.message)
  }
}
