/** The configuration, and the files it lets decide something. */
import type { Check } from './finding.ts'

/** A configuration that cannot be used stops every run. */
export const configCheck: Check = ({ configuration }) =>
  configuration.problems.map(({ subject, expected, found, fix }) => ({
    severity: 'fail',
    subject,
    expected,
    found,
    fix: fix ?? `correct it, then keyroller config check`,
  }))

/**
 * The files themselves are judged at every reading. In a directory that is somebody else's to write, though, another file of
 * root's can be moved into their place.
 */
export const guardedCheck: Check = ({ host, uid }) =>
  host?.trusted
    .filter(({ guarded }) => !guarded)
    .map(({ path }) => ({
      severity: 'warn',
      subject: path,
      expected: `every directory above it to be ${uid === 0 ? "root's" : "this user's or root's"}, and nobody else's to write`,
      found: 'one that is not',
      fix: 'move it below /etc/keyroller, and name it there in the configuration',
    }))
