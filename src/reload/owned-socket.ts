/** A Unix socket in a directory of another user. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { KeyrollerError } from '../core/errors.ts'
import { findRefusal } from './listener.ts'

export interface OwnedSocket<Path = string> {
  readonly path: Path
  /** Uid that it must belong to; unset: whoever put it there. */
  readonly owner?: number | undefined
}

/** open(2); Node does not name it, and every architecture that it runs on has this number. */
const O_PATH = 0o10000000

/**
 * Hands `act` a path that means this socket and no other until `act` has settled. A link in its place, made by the owner of
 * the directory, would lead root to an engine or a manager of root's, where the same name is somebody else. So the socket is
 * held, asked for its owner, and reached through proc(5). Rejects with `reload-failed`, or the error of open(2).
 */
export async function throughSocket<Path extends string | undefined, T>(
  { path, owner }: OwnedSocket<Path>,
  act: (path: Path | string) => Promise<T>,
): Promise<T> {
  if (owner === undefined || path === undefined) return act(path)
  const held = openSync(path, O_PATH | constants.O_NOFOLLOW)
  try {
    const found = fstatSync(held)
    if (!found.isSocket() || found.uid !== owner)
      throw new KeyrollerError(
        'reload-failed',
        `expected a socket of uid ${owner} at ${path}, found ${found.isSocket() ? `one of ${found.uid}` : 'none'}`,
      )
    return await act(`/proc/self/fd/${held}`)
  } finally {
    closeSync(held)
  }
}

/** As `findRefusal`, of an owned socket. */
export async function findSocketRefusal(
  socket: OwnedSocket,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await throughSocket(socket, (path) => findRefusal({ path }, signal))
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall !== 'open' || code === undefined) throw error
    return code
  }
}

/** Whose directory it is, by the name that systemd-logind gives it; undefined for any other. */
export function ownerOfSocket(path: string): number | undefined {
  const uid = /^\/run\/user\/(\d+)\//.exec(path)?.[1]
  return uid === undefined ? undefined : Number(uid)
}
