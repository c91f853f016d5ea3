import { spawn } from 'node:child_process'
import { constants } from 'node:os'

export interface Finished {
  /** The exit code; 128 + n when signal n ended the command, as a shell counts. */
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string
  /** Default 60 s; then the command is killed and its exit is 137. */
  readonly timeoutMs?: number
}

/** Runs a command to its end, whatever the end; rejects only when it cannot be started. */
export function run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<Finished> {
  const [file, ...args] = argv
  const child = spawn(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? process.env,
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A command that does not read its input is no fault of the caller.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const exit = code ?? 128 + signalNumber(signal)
      resolve({ exit, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() })
    })
  })
}

/** Runs a command that must succeed, and gives its standard output; throws with its standard error otherwise. */
export async function must(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<string> {
  const finished = await run(argv, options)
  if (finished.exit !== 0) {
    throw new Error(`${argv.join(' ')}: exit ${finished.exit}\n${finished.stderr || finished.stdout}`)
  }
  return finished.stdout
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal]
}
