import { lstatSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Whether nobody but root and `uid` can change where a path leads: every directory above it is theirs, and no one else's to
 * write. Only such a path may be handed to a program that follows links. In a sticky directory the names of others stay
 * (unlink(2)), so one may stand further up, but not hold the file itself.
 */
export function isGuarded(path: string, uid: number): boolean {
  for (let directory = dirname(path), isParent = true; ; directory = dirname(directory), isParent = false) {
    const stats = lstatSync(directory, { throwIfNoEntry: false })
    if (!stats?.isDirectory() || (stats.uid !== 0 && stats.uid !== uid)) return false
    if (isOpen(stats) && (isParent || (stats.mode & STICKY) === 0)) return false
    if (directory === '/') return true
  }
}

const STICKY = 0o1000

function isOpen({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0
}
