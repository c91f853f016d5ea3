import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { removeFile } from '../remove-file.ts'

/**
 * Overwrites the bytes of a file of keyroller's own where they lie, durable, and removes its name. Copy-on-write and
 * journalling of data, wear levelling and snapshots keep older blocks all the same (shred(1)): it only takes the key from
 * whoever reads the free blocks of an ordinary disk. A file that is gone is shredded already. Throws the plain system error.
 */
export function shredFile(path: string): void {
  const fd = openForWriting(path)
  if (fd === undefined) return
  try {
    overwrite(fd)
  } finally {
    closeSync(fd)
  }
  removeFile(path)
}

/**
 * The same of what lies under a name until `replace` gives that to another file. Nothing is overwritten that still has a name, so a
 * replacement that failed, or was cut short, has lost nothing.
 */
export async function shredReplaced(path: string, replace: () => Promise<void>): Promise<void> {
  const fd = openForWriting(path)
  try {
    await replace()
    if (fd !== undefined && fstatSync(fd).nlink === 0) overwrite(fd)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function overwrite(fd: number): void {
  const noise = randomBytes(fstatSync(fd).size)
  let offset = 0
  while (offset < noise.length) offset += writeSync(fd, noise, offset, noise.length - offset, offset)
  fsyncSync(fd)
}

function openForWriting(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
