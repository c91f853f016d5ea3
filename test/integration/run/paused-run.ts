/** Runs that are stopped in the middle, from without: at a step, to go on after it, or by a SIGKILL at a system call. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import type { MaterialId } from '../../../src/core/material.ts'
import type { Finished } from '../../rig/command.ts'
import type { Host } from '../../rig/host.ts'

/** Before the step of that name, or after the last that concerns the files. */
export const MOMENTS = ['login', 'issue', 'prove', 'install', 'after install'] as const
export type Moment = (typeof MOMENTS)[number] | 'pin' | 'unpin' | 'after unpin'

export interface PausedRun {
  readonly kill: () => void
  /** Lets it go on, or finds it killed. The exit code, `undefined` after a kill. */
  readonly end: () => Promise<number | undefined>
}

/** Starts a renewal of the identity; resolves once it stands still, rejects when it ends before. */
export async function pauseRun(host: Host, identity: MaterialId, moment: Moment): Promise<PausedRun> {
  const script = new URL('paused-run-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, host.configFile, identity, moment], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  })
  const ended = once(child, 'exit')
  // Written to when it is dead already.
  child.stdin.on('error', () => undefined)
  const early = ended.then(([code]) => {
    throw new Error(`the run ended with ${code} before ${moment}`)
  })
  await Promise.race([once(child.stdout, 'data'), early])
  early.catch(() => undefined)
  return {
    kill: () => child.kill('SIGKILL'),
    end: async () => {
      child.stdin.end('go\n')
      const [code] = await ended
      return code ?? undefined
    },
  }
}

type Run = Pick<Host, 'configFile' | 'keyroller'>

export interface KillPoint {
  readonly syscall: string
  /** The how manieth of its name in its thread, from 1. */
  readonly nth: number
  /** No other thread has called it so often by then: only there can a killed run be met again. */
  readonly isFirst: boolean
  readonly text: string
}

export const KILLED = 137

/** The calls of a run of keyroller, in order. strace counts in each thread by itself, and kills at the first that comes so far. */
export async function traceRun(
  host: Run,
  args: readonly string[],
  calls: readonly string[],
): Promise<{ readonly points: readonly KillPoint[]; readonly ended: Finished }> {
  const trace = `${host.configFile}.trace`
  const ended = await runUnder(host, args, ['-y', '-o', trace, '-e', `trace=${calls}`])
  const counts = new Map<string, number>()
  const met = new Set<string>()
  const points = (await readFile(trace, 'utf8')).split('\n').flatMap((line): KillPoint[] => {
    const [, thread, syscall, rest = ''] = /^(\d+) +([a-z]+)\((.*)$/.exec(line) ?? []
    if (!thread || !syscall) return []
    const nth = (counts.get(`${thread} ${syscall}`) ?? 0) + 1
    counts.set(`${thread} ${syscall}`, nth)
    const isFirst = !met.has(`${syscall} ${nth}`)
    met.add(`${syscall} ${nth}`)
    return [{ syscall, nth, isFirst, text: `${syscall}(${rest}` }]
  })
  await rm(trace)
  return { points, ended }
}

/** The same run again, killed there; ends with `KILLED` when it was. */
export function runKilled(
  host: Run,
  args: readonly string[],
  { syscall, nth }: KillPoint,
): Promise<Finished> {
  const kill = ['-e', `trace=${syscall}`, '-e', `inject=${syscall}:signal=KILL:when=${nth}`]
  return runUnder(host, args, ['-o', '/dev/null', ...kill])
}

/** One thread of the pool: then the calls of each thread come in the same order in every run. */
function runUnder(host: Run, args: readonly string[], tracing: readonly string[]): Promise<Finished> {
  return host.keyroller(args, { under: ['strace', '-f', ...tracing], env: { UV_THREADPOOL_SIZE: '1' } })
}
