import { lstatSync, unlinkSync } from 'node:fs'

/**
 * Removes a name; one that is gone is removed already. A link goes as a link, a directory is refused. Not `rmSync`: it looks
 * first, and its errors carry no code for what a disk says (Node 26). Throws the plain system error.
 */
export function removeFile(path: string): void {
  if (!isThere(path)) return
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** As `removeFile`, for a path where a fault that says more is told already; the next sweep comes back to the name. */
export function removeQuietly(path: string): void {
  try {
    removeFile(path)
  } catch {}
}

/** Whether anything has the name, a link not followed. Most are asked for where none is, and an exception costs three looks. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
