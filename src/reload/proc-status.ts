/** A process by its number, as proc(5) tells it. */
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import type { SignalName } from '../core/consumers/target.ts'

export interface ProcessStatus {
  /** Ticks since boot at which it started: with the number, what a process is known by. */
  readonly startTicks: number
  /** Real, effective and saved user. */
  readonly uids: readonly number[]
  /** Signals that it takes itself: bit N - 1 for signal N. */
  readonly taken: bigint
}

/** Undefined when there is no such process, or one that has ended and only waits to be reaped, or /proc hides it. */
export async function readProcess(pid: number): Promise<ProcessStatus | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ])
    return parseProcess(stat, status)
  } catch {
    return undefined
  }
}

/** By the control group, whose name holds the id of the container (cgroups(7)). */
export async function isInContainer(pid: number, containerId: string): Promise<boolean> {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
  return groups.includes(containerId)
}

/** The name of a program can hold blanks and parentheses: fields are counted from the last one (proc_pid_stat(5)). */
export function parseProcess(stat: string, status: string): ProcessStatus | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTicks = Number(fields[19])
  if (fields[0] === 'Z' || fields[0] === 'X' || !Number.isSafeInteger(startTicks)) return undefined
  const uids = (/^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(status) ?? []).slice(1).map(Number)
  return { startTicks, uids, taken: mask('SigCgt', status) | mask('SigBlk', status) }
}

function mask(name: string, status: string): bigint {
  const [, digits = '0'] = new RegExp(`^${name}:\t([0-9a-f]+)$`, 'm').exec(status) ?? []
  return BigInt(`0x${digits}`)
}

/**
 * Whether a signal reaches code of the process: it has a handler, or has blocked the signal to take it with sigwaitinfo(2) or
 * a signalfd(2), as init programs of containers do.
 */
export function takesSignal({ taken }: ProcessStatus, name: SignalName): boolean {
  return ((taken >> BigInt(constants.signals[`SIG${name}`] - 1)) & 1n) === 1n
}

/** USER_HZ, in which proc(5) counts, is 100 on every architecture that Node runs on. */
const TICK_MS = 10

/** When it started by the clock of `nowMs`, which may have been set since. */
export function startedAtMs({ startTicks }: ProcessStatus, nowMs: number, uptimeMs: number): number {
  return nowMs - uptimeMs + startTicks * TICK_MS
}
