/** Programs as another user. */
import { KeyrollerError } from '../core/errors.ts'
import { runCommand } from './run-command.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const MAX_BYTES = 16 * 1024

/** By name or number, of getent(1), which knows all of nsswitch.conf(5). Rejects with `target-missing` when there is none. */
export async function findAccount(user: string, signal: AbortSignal): Promise<Account> {
  const argv = ['getent', 'passwd', '--', user] as const
  const { stdout } = await runCommand({ argv, environment: { PATH }, maxOutputBytes: MAX_BYTES, signal })
  // passwd(5): name:password:uid:gid:comment:home:shell
  const [name = '', , uid, gid, , home = '/'] = stdout.text.split('\n', 1)[0]?.split(':') ?? []
  if (uid === undefined || gid === undefined)
    throw new KeyrollerError('target-missing', `expected an account ${user}, found none`)
  return { name, uid: Number(uid), gid: Number(gid), home }
}

/**
 * The program as that user, with its groups and none of our rights: setpriv(1) calls initgroups(3), where Node's own `uid`
 * option would leave no group but one. Our own user needs no change.
 */
export function asAccount(
  argv: readonly [string, ...string[]],
  { uid, gid }: Account,
): readonly [string, ...string[]] {
  if (uid === process.geteuid?.()) return argv
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all'] as const
  return ['setpriv', ...identity, '--', ...argv]
}
