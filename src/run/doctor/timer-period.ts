/** How long a timer can leave between two runs. */
import { runCommand } from '../../command/run-command.ts'
import type { TimerReading } from '../../reload/units/unit-facts.ts'

/** Enough to meet a night, a weekend and the end of a month in what people write. */
const ITERATIONS = 64
const MAX_OUTPUT_BYTES = 64 * 1024

/** Milliseconds; of several settings the one that fires most often. Undefined when nobody can tell. */
export async function periodOf(
  { calendars, spansMs }: Pick<TimerReading, 'calendars' | 'spansMs'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const gaps = await Promise.all(calendars.map((expression) => longestGap(expression, signal)))
  const all = [...spansMs, ...gaps.flatMap((gap) => gap ?? [])]
  return all.length > 0 ? Math.min(...all) : undefined
}

/** systemd alone knows its calendar; systemd-analyze(1) lists when an expression comes true. */
async function longestGap(expression: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { stdout, failure } = await runCommand({
      argv: ['systemd-analyze', 'calendar', `--iterations=${ITERATIONS}`, expression],
      environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal,
    })
    return failure === undefined ? gapIn(stdout.text) : undefined
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** The longest time between two moments of its output; undefined with fewer than two. */
export function gapIn(output: string): number | undefined {
  const moments = [...output.matchAll(/ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/gm)].map(([, day, time]) =>
    Date.parse(`${day}T${time}Z`),
  )
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment))
  return gaps.length > 0 ? Math.max(...gaps) : undefined
}
