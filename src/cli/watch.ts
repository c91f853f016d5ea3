import { setTimeout as sleep } from 'node:timers/promises'
import { type Edge, takesEscapes } from './edge.ts'

const PERIOD_MS = 2000

/** Switches to the other screen, hides the cursor, and lets the terminal cut what is too long; and back: xterm's DECSET. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'

export interface WatchOptions {
  /** What must differ for lines to count as changed; unset is all of them. */
  readonly sameAs?: (lines: readonly string[]) => string
  /** Default 2000. */
  readonly periodMs?: number
}

/**
 * Shows the lines anew every two seconds until the signal aborts; on a terminal in place, without clearing first, so that
 * nothing flickers. Elsewhere they follow each other whenever `sameAs` says that something has changed.
 */
export async function watch(
  { stdout, signal, host }: Edge,
  render: () => readonly string[],
  { sameAs = (lines) => lines.join('\n'), periodMs = PERIOD_MS }: WatchOptions = {},
): Promise<void> {
  const inPlace = takesEscapes(stdout, { host })
  let shown: string | undefined
  if (inPlace) stdout.write(ENTER)
  try {
    while (!signal.aborted && stdout.isGone?.() !== true) {
      const lines = render()
      if (sameAs(lines) !== shown) stdout.write(inPlace ? frame(lines, stdout.rows) : `${lines.join('\n')}\n`)
      shown = sameAs(lines)
      await sleep(periodMs, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    if (inPlace) stdout.write(LEAVE)
  }
}

/** From the top left corner: each line over the old one, then the rest of the screen cleared. */
function frame(lines: readonly string[], rows = 24): string {
  const seen =
    lines.length < rows ? lines : [...lines.slice(0, rows - 2), `… ${lines.length - rows + 2} more lines`]
  return `\x1b[H${seen.map((line) => `${line}\x1b[K`).join('\r\n')}\r\n\x1b[J`
}
