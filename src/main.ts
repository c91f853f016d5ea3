/** The process edge: argv, signals, exit code. Alone in touching `process`. */
import { describeHost } from './run/host.ts'

// Concurrent fsyncs share a journal commit of the file system; libuv's default of 4 threads would queue them.
process.env.UV_THREADPOOL_SIZE ??= '16'

declare const KEYROLLER_VERSION: string | undefined

const stop = new AbortController()

async function main(): Promise<number> {
  const { runProgram } = await import('./cli/program.ts')
  const version = typeof KEYROLLER_VERSION === 'string' ? KEYROLLER_VERSION : '0.0.0-source'
  return runProgram(process.argv.slice(2), {
    host: describeHost(process, version),
    signal: stop.signal,
    stdout: process.stdout,
    stderr: process.stderr,
  })
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    void import('./core/errors.ts').then(({ KeyrollerError }) => {
      stop.abort(new KeyrollerError('run-interrupted', `expected to finish, found ${name}`))
    })
  })
}

// A reader that went away (`keyroller status | head`) is no fault of the run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

// Set first, so that an event loop that runs dry before `main` settles can never look like success.
process.exitCode = 1
void main().then((exitCode) => {
  process.exitCode = exitCode
})
