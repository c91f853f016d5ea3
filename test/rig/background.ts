import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'

/** A process that runs beside the test. */
export interface Background {
  readonly pid: number
  readonly ended: () => boolean
  /** TERM, then KILL after 10 s; returns when it has ended. */
  readonly stop: () => Promise<void>
}

export interface BackgroundOptions {
  /** Takes its standard output and error, appended. */
  readonly logFile: string
  readonly env: NodeJS.ProcessEnv
  /** Default: the process is killed when this one ends, however it ends. */
  readonly outlivesUs?: boolean
}

/** Starts a process and does not wait for anything; a program that cannot be run has `ended` at once. */
export function startBackground(
  argv: readonly [string, ...string[]],
  options: BackgroundOptions,
): Background {
  const outlivesUs = options.outlivesUs ?? false
  const log = openSync(options.logFile, 'a', 0o600)
  // prctl(2) PR_SET_PDEATHSIG: a test runner that is killed leaves nothing behind.
  const bound = outlivesUs ? [] : ['--pdeathsig', 'KILL']
  const child = spawn('setpriv', [...bound, ...argv], {
    stdio: ['ignore', log, log],
    env: options.env,
    detached: outlivesUs,
  })
  closeSync(log)
  if (outlivesUs) child.unref()
  const ended = () => child.exitCode !== null || child.signalCode !== null
  const stop = async () => {
    if (ended()) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exit
    clearTimeout(killer)
  }
  return { pid: child.pid ?? 0, ended, stop }
}
