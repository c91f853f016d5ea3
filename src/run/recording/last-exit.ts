import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The exit code of the run that left status.json; undefined when there is none to read. */
export function lastExit(runtimeDir: string): number | undefined {
  try {
    const status: unknown = JSON.parse(readFileSync(join(runtimeDir, 'status.json'), 'utf8'))
    return (status as { lastRun?: { exit?: number } } | null)?.lastRun?.exit
  } catch {
    return undefined
  }
}
