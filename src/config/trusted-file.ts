import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { octal } from '../core/deciding/file-drift.ts'
import { KeyrollerError } from '../core/errors.ts'

const MAX_BYTES = 4 * 1024 * 1024

/**
 * The text of a file that keyroller lets decide something: configuration, CA files. It must be a regular file of root or of
 * the user keyroller runs as, and not writable by anyone else; checked on the open descriptor, so that what was judged is
 * what is read. Throws `config-missing` or `config-untrusted`.
 */
export function readTrustedFile(path: string, uid: number): string {
  return readJudged(path, (stats) => findDistrust(stats, uid))
}

/** The text of a file that holds a secret: trusted as above, and not readable by everybody. `hint`: how to come by a good one. */
export function readSecretFile(path: string, uid: number, hint: string): string {
  return readJudged(path, (stats) => findDistrust(stats, uid) ?? findExposure(stats), hint)
}

/** A token in the first line of such a file: printable and without a space, as it goes into a header. `what` names it. */
export function readTokenFile(path: string, uid: number, what: string, hint: string): string {
  const [token = ''] = readSecretFile(path, uid, hint).split(/\r?\n/, 1)
  if (TOKEN.test(token)) return token
  throw new KeyrollerError('config-invalid', `${path}: expected ${what} in the first line`, { hint })
}

export const TOKEN = /^[\x21-\x7e]{1,4096}$/

/** A credential of systemd for a unit with `User=` has an access list, whose mask shows as the bits of the group. */
function findExposure({ mode }: Stats): string | undefined {
  if ((mode & 0o007) === 0) return undefined
  return `expected nothing for others, found mode ${octal(mode & 0o777)}: somebody else may have read it`
}

function readJudged(path: string, judge: (stats: Stats) => string | undefined, hint?: string): string {
  const told = hint === undefined ? {} : { hint }
  const fd = openForReading(path, told)
  try {
    const distrust = judge(fstatSync(fd))
    if (distrust) throw new KeyrollerError('config-untrusted', `${path}: ${distrust}`, told)
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/** O_NONBLOCK: opening a FIFO must not wait for a writer. */
function openForReading(path: string, told: { readonly hint?: string }): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    throw new KeyrollerError(
      'config-missing',
      `expected a readable file, found ${code ?? 'an error'} at ${path}`,
      { cause, ...told },
    )
  }
}

export function findDistrust(stats: Stats, uid: number): string | undefined {
  if (!stats.isFile()) return 'expected a regular file, found something else'
  if (stats.uid !== 0 && stats.uid !== uid)
    return `expected owner 0${uid === 0 ? '' : ` or ${uid}`}, found ${stats.uid}`
  if ((stats.mode & 0o022) !== 0) {
    return `expected no write for group and others, found mode ${octal(stats.mode & 0o777)}`
  }
  return stats.size > MAX_BYTES ? `expected at most ${MAX_BYTES} bytes, found ${stats.size}` : undefined
}
