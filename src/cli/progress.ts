import { type Edge, takesEscapes } from './edge.ts'

/** Tells how far something long has come, on a terminal and on one line; elsewhere nothing. `end` takes the line away. */
export function openProgress({ stderr, host }: Pick<Edge, 'stderr' | 'host'>, what: string) {
  const isShown = takesEscapes(stderr, { host })
  let shown = 0
  return {
    tell: (done: number, of: number) => {
      const percent = Math.floor((100 * done) / of)
      if (!isShown || percent === shown) return
      shown = percent
      stderr.write(`\r${done} of ${of} ${what}\x1b[K`)
    },
    end: () => {
      if (shown > 0) stderr.write('\r\x1b[K')
    },
  }
}
