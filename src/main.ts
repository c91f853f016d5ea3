/** The process edge: argv, signals, exit code. Alone in touching `process`. */
import { constants, fstatSync, openSync } from 'node:fs'
import type { Output } from './cli/edge.ts'
import { plainOutput } from './cli/plain-output.ts'
import { forbidCoreDumps } from './run/forbid-core-dumps.ts'
import { describeHost } from './run/host.ts'

// Concurrent fsyncs share a journal commit of the file system; libuv's default of 4 threads would queue them.
process.env.UV_THREADPOOL_SIZE ??= '16'

declare const KEYROLLER_VERSION: string | undefined

const stop = new AbortController()

async function main(): Promise<number> {
  await forbidCoreDumps(process.pid)
  const { runProgram } = await import('./cli/program.ts')
  const version = typeof KEYROLLER_VERSION === 'string' ? KEYROLLER_VERSION : '0.0.0-source'
  return runProgram(process.argv.slice(2), {
    host: describeHost(process, version),
    signal: stop.signal,
    stdout: openOutput(1),
    stderr: openOutput(2),
  })
}

/** The null device is a character device too (null(4): major 1, minor 3), and the usual place for output nobody wants. */
function openOutput(fd: 1 | 2): Output {
  const stats = fstatSync(fd)
  if (stats.isFIFO()) return plainOutput(ownPipeEnd(fd))
  if (!stats.isCharacterDevice() || stats.rdev === 0x103) return plainOutput(fd)
  const stream = fd === 1 ? process.stdout : process.stderr
  // A terminal that went away is no fault of the run.
  return stream.on('error', () => undefined)
}

/**
 * An open file description of our own for the same pipe, so that it can be non-blocking (fifo(7)) without changing that of
 * whoever shares ours: a write into a full pipe would otherwise hold up signals and deadlines.
 */
function ownPipeEnd(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return fd
  }
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    void import('./core/errors.ts').then(({ KeyrollerError }) => {
      stop.abort(new KeyrollerError('run-interrupted', `expected to finish, found ${name}`))
    })
  })
}

// Set first, so that an event loop that runs dry before `main` settles can never look like success.
process.exitCode = 1
void main().then((exitCode) => {
  process.exitCode = exitCode
})
