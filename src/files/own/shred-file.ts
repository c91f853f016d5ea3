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
    const noise = randomBytes(fstatSync(fd).size)
    let offset = 0
    while (offset < noise.length) offset += writeSync(fd, noise, offset, noise.length - offset, offset)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  removeFile(path)
}

function openForWriting(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
