/** Runs one program without a shell, and can always end it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { KeyrollerError } from '../core/errors.ts'
import { lastLine } from '../core/one-line.ts'

export interface Command {
  readonly argv: readonly [string, ...string[]]
  /** The whole environment of the program. */
  readonly environment: Readonly<Record<string, string>>
  /** What it can read; unset is nothing. */
  readonly input?: string
  /** Bytes kept of each stream, the last ones. */
  readonly maxOutputBytes: number
  readonly signal: AbortSignal
}

export interface CommandEnd {
  /** `exit code 1` or `signal SIGSEGV`; undefined when it ended with 0. */
  readonly failure: string | undefined
  readonly stdout: Output
  readonly stderr: Output
}

export interface Output {
  readonly text: string
  /** True when earlier bytes were dropped. */
  readonly cut: boolean
}

/** What the pipes may still bring after the exit. A daemon that the program left behind can hold them open for ever. */
const DRAIN_MS = 200

/**
 * Runs `argv` in `/`, in a process group of its own. When `signal` aborts, the whole group is killed and
 * the promise rejects with the reason. A program that cannot be started rejects with `target-missing`.
 */
export async function runCommand(command: Command): Promise<CommandEnd> {
  command.signal.throwIfAborted()
  const child = start(command)
  const stdout = keepTail(child.stdout, command.maxOutputBytes)
  const stderr = keepTail(child.stderr, command.maxOutputBytes)
  try {
    const failure = await ended(child, command)
    await Promise.race([
      Promise.all([stdout.drained, stderr.drained]),
      sleep(DRAIN_MS, undefined, { ref: false }),
    ])
    return { failure, stdout: stdout.output(), stderr: stderr.output() }
  } finally {
    child.stdout.destroy()
    child.stderr.destroy()
  }
}

/** What was expected of a program that failed, and what it said last. */
export function describeFailure({ failure, stdout, stderr }: CommandEnd): string {
  const said = lastLine(stderr.text) || lastLine(stdout.text)
  return `expected exit code 0, found ${failure}${said ? `; it said: ${said}` : ''}`
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>

function start({ argv: [program, ...rest], environment, input }: Command): Child {
  const options = { cwd: '/', env: environment, detached: true } as const
  if (input === undefined) return spawn(program, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const child = spawn(program, rest, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  // It need not read what it is given: that its end of the pipe is closed (EPIPE) is no failure.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return child
}

function ended(child: Child, { argv: [program], signal }: Command): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      killGroup(child)
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    child.once('exit', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      resolve(code === 0 ? undefined : killedBy ? `signal ${killedBy}` : `exit code ${code}`)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', stop)
      reject(new KeyrollerError('target-missing', `expected a program at ${program}, found ${error.code}`))
    })
  })
}

/** `detached` made the child the leader of its group (setsid(2)), so the group's id is its pid; kill(2) wants it negative. */
function killGroup(child: Child): void {
  child.unref()
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Reads everything, so that the program never blocks on a full pipe, and keeps the last `maxBytes`. */
function keepTail(stream: Readable, maxBytes: number): { drained: Promise<void>; output(): Output } {
  const drained = Promise.withResolvers<void>()
  let tail = Buffer.alloc(0)
  let cut = false
  stream.on('data', (chunk: Buffer) => {
    const joined = Buffer.concat([tail, chunk])
    cut ||= joined.length > maxBytes
    tail = joined.subarray(Math.max(0, joined.length - maxBytes))
  })
  stream.on('close', () => drained.resolve())
  stream.on('error', () => drained.resolve())
  return { drained: drained.promise, output: () => ({ text: tail.toString('utf8'), cut }) }
}
