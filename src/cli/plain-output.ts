import { writeSync } from 'node:fs'
import type { Output } from './edge.ts'

/** Pause before a full pipe is tried again. */
const PAUSE_MS = 5
/** How long a run waits for a reader that does not read: it matters more than its log, and holds the host lock. */
const PATIENCE_MS = 2000

/**
 * A descriptor that is no terminal, written to synchronously and without the streams that `process.stdout` would load, which
 * cost a tenth of a run with nothing due. A reader that went away (`keyroller status | head`) is no fault of the run; what
 * else keeps a text from being written is remembered.
 */
export function plainOutput(fd: number): Output {
  let fault: string | undefined
  let isGivenUp = false
  let isGone = false
  return {
    fd,
    isTTY: false,
    fault: () => fault,
    isGone: () => isGone,
    write: (text) => {
      const code = writeFully(fd, Buffer.from(text), Number.POSITIVE_INFINITY)
      if (code === 'EPIPE') isGone = true
      else fault ??= code
    },
    offer: (text) => {
      if (!isGivenUp) isGivenUp = writeFully(fd, Buffer.from(text), PATIENCE_MS) !== undefined
    },
  }
}

/** Why not all bytes were written, as a system error code; EAGAIN when nobody took one for `patienceMs`. */
function writeFully(fd: number, bytes: Buffer, patienceMs: number): string | undefined {
  let offset = 0
  let waitedMs = 0
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset)
      waitedMs = 0
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'an error'
      if (code !== 'EAGAIN' || waitedMs >= patienceMs) return code
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
      waitedMs += PAUSE_MS
    }
  }
  return undefined
}
