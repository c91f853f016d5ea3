/** One executable out of the bundle and Node. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Parts {
  /** Holds `hot`, `cold` and their caches (code-cache.ts). */
  readonly programDir: string
  /** A folder for what is needed on the way. */
  readonly scratch: string
}

/**
 * Writes the executable `output`: https://nodejs.org/api/single-executable-applications.html. What Node is told is fixed
 * in it: NODE_OPTIONS could otherwise load any file into a root process, and SIGUSR1 open an inspector on it.
 */
export function makeExecutable(parts: Parts, output: string): void {
  const config = {
    main: join(import.meta.dirname, 'loader.cjs'),
    output,
    executable: strippedNode(parts.scratch),
    disableExperimentalSEAWarning: true,
    execArgv: EXEC_ARGV,
    execArgvExtension: 'none',
    assets: Object.fromEntries(ASSETS.map((name) => [name, join(parts.programDir, name)])),
  }
  const configPath = join(parts.scratch, 'sea.json')
  writeFileSync(configPath, JSON.stringify(config))
  must(process.execPath, [`--build-sea=${configPath}`])
}

/** The young generation starts at 4 MiB: with less a run with nothing due collects garbage, with more a full one faults in pages. */
const EXEC_ARGV = ['--disable-sigusr1', '--min-semi-space-size=4']

const ASSETS = ['hot', 'hot-cache', 'cold', 'cold-cache']

/** Symbol tables are a fifth of Node. They must go before the program is put in: strip(1) breaks the finished executable. */
function strippedNode(scratch: string): string {
  const copy = join(scratch, 'node')
  copyFileSync(process.execPath, copy)
  must('strip', [copy])
  return copy
}

/** Runs a command that must succeed; throws with what it said. */
export function must(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error !== undefined) throw new Error(`${command}: ${error.message}`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stderr}`)
}
