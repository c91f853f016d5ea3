import { writeSync } from 'node:fs'
import type { Output } from './edge.ts'

/** Pause before a full pipe is tried again. */
const PAUSE_MS = 5

/**
 * A descriptor that is no terminal, written to synchronously and without the streams that `process.stdout` would load, which
 * cost a tenth of a run with nothing due. A reader that went away (`keyroller status | head`) is no fault of the run.
 */
export function plainOutput(fd: number): Output {
  return { fd, isTTY: false, write: (text) => writeFully(fd, Buffer.from(text)) }
}

function writeFully(fd: number, bytes: Buffer): void {
  let offset = 0
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}
