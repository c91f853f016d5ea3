/** Everything outside the directory of a hostile owner: what no write of ours may ever change. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** A private file, a public one and a directory, as a system has them. */
export function makeOutside(path: string): void {
  mkdirSync(join(path, 'etc'), { recursive: true })
  writeFileSync(join(path, 'shadow'), 'root:secret\n')
  chmodSync(join(path, 'shadow'), 0o600)
  writeFileSync(join(path, 'etc/passwd'), 'root:x:0:0\n')
}

/** One line per entry, with bytes, mode, owner, links and the moment of its last change of any kind. */
export function describeTree(path: string): string[] {
  return ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()].map((name) => {
    const entry = join(path, name)
    const { mode, uid, gid, ino, nlink, mtimeNs, ctimeNs } = lstatSync(entry, { bigint: true })
    return [name, mode.toString(8), uid, gid, ino, nlink, mtimeNs, ctimeNs, contentOf(entry)].join(' ')
  })
}

function contentOf(path: string): string {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return readlinkSync(path)
  if (!stats.isFile()) return ''
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
