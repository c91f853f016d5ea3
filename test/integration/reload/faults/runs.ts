/** Runs of keyroller in one process beside the test, which has loaded it once: what is met takes longer than the runs do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface RunOrder {
  readonly id: number
  readonly args: readonly string[]
  /** A socket that keyroller finds at a place which is not configured: there, and where it is. */
  readonly placed?: readonly [place: string, socketPath: string] | undefined
}

export interface RunEnded {
  readonly id: number
  readonly exit: number
  /** Both of its outputs. */
  readonly said: string
  readonly tookMs: number
}

export interface Runs {
  readonly run: (order: Omit<RunOrder, 'id'>) => Promise<RunEnded>
  readonly stop: () => Promise<void>
}

/** Needs root (unshare(1)). Ends with the test, whatever becomes of it. */
export function startRuns(): Runs {
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...NAMESPACE, process.execPath, PROGRAM],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH },
    },
  )
  const waiting = new Map<number, PromiseWithResolvers<RunEnded>>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const ended: RunEnded = JSON.parse(line)
    waiting.get(ended.id)?.resolve(ended)
  })
  const exited = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the process that runs keyroller has ended'))
  })
  let count = 0
  const run = (order: Omit<RunOrder, 'id'>) => {
    const id = ++count
    const ended = Promise.withResolvers<RunEnded>()
    waiting.set(id, ended)
    child.stdin.write(`${JSON.stringify({ ...order, id })}\n`)
    return ended.promise
  }
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
  }
  return { run, stop }
}

const PROGRAM = join(import.meta.dirname, 'run-child.ts')
const NAMESPACE = [
  ...['--mount', '--propagation', 'private', 'sh', '-c'],
  ...['mount -t tmpfs tmpfs /run && exec "$@"', 'sh'],
]
