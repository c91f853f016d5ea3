/** A version that has ended is taken off whatever register lists it before its bytes go: nobody could prove then which one it was. */
import { describeFailure } from '../../command/run-command.ts'
import { runHook } from '../../command/run-hook.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import type { Keyset } from '../../core/material.ts'
import type { RunContext } from '../context.ts'

/**
 * The program is asked again by every look until it has said yes, so it must take twice for once. It learns names and the public key,
 * never a secret. Throws `register-failed`.
 */
export async function takeOffRegister(
  keyset: Keyset,
  { document, keys }: KeysetRecord,
  version: number,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  const { onRetired: argv, id, name } = keyset
  if (!argv) return
  const kid = document.versions.find(({ number }) => number === version)?.kid ?? ''
  const environment = {
    KEYROLLER_KEYSET: name,
    KEYROLLER_VERSION: String(version),
    KEYROLLER_KID: kid,
    KEYROLLER_PUBLIC_KEY: keys[version]?.public ?? '',
  }
  const end = await runHook({ argv, environment, signal })
  if (end.failure === undefined) return
  throw new KeyrollerError(
    'register-failed',
    `${id}: version ${version}: ${argv[0]}: ${describeFailure(end)}`,
  )
}
