/** A program in a container by an engine's API: made, started with its output, and asked for its end. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandEnd } from '../../command/run-command.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { Exchange } from '../http-exchange.ts'

/** Asks the engine, and gives the parsed answer of the status that was expected. */
export type Judged = (
  expected: 200 | 201,
  method: 'GET' | 'POST',
  path: string,
  signal: AbortSignal,
  sent?: Pick<Exchange, 'body' | 'read'>,
) => Promise<unknown>

const OUTPUT_BYTES = 16 * 1024
/** More in one piece is no engine: they copy through buffers of 32 KiB. */
const MOST_FRAME_BYTES = 1024 * 1024
const POLL_MS = 50

export async function execIn(
  ask: Judged,
  container: string,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<CommandEnd> {
  const wanted = { Cmd: argv, AttachStdout: true, AttachStderr: true }
  const made = await ask(201, 'POST', `${container}/exec`, signal, { body: JSON.stringify(wanted) })
  const at = `/exec/${sessionId(Object(made).Id)}`
  const start = { body: JSON.stringify({ Detach: false, Tty: false }), read: readOutput }
  const said = (await ask(200, 'POST', `${at}/start`, signal, start)) as Output
  const failure = await findFailure(() => ask(200, 'GET', `${at}/json`, signal), signal)
  return {
    failure,
    stdout: { text: said.stdout, cut: false },
    stderr: { text: said.stderr, cut: false },
  }
}

interface Output {
  readonly stdout: string
  readonly stderr: string
}

function sessionId(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value
  throw new KeyrollerError('reload-failed', 'expected the id of a program from the engine, found none')
}

/** The output can end before the engine has noted the end of the program. */
async function findFailure(look: () => Promise<unknown>, signal: AbortSignal): Promise<string | undefined> {
  for (;;) {
    const { Running: isRunning, ExitCode: code } = Object(await look()) as Record<string, unknown>
    if (isRunning === false && Number.isSafeInteger(code)) return code === 0 ? undefined : `exit code ${code}`
    await sleep(POLL_MS, undefined, { signal })
  }
}

/**
 * The last of both streams, as JSON like every other answer. Without a terminal they come in frames: one byte of which
 * stream, three of nothing, four of length (Docker's API, "attach to a container", the same in podman's).
 */
async function readOutput(response: AsyncIterable<Buffer>): Promise<string> {
  const tails = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  let rest = Buffer.alloc(0)
  for await (const chunk of response) {
    rest = Buffer.concat([rest, chunk])
    for (let end = endOfFrame(rest); end <= rest.length; end = endOfFrame(rest)) {
      const stream = rest[0] === 2 ? 'stderr' : 'stdout'
      const joined = Buffer.concat([tails[stream], rest.subarray(HEADER_BYTES, end)])
      tails[stream] = joined.subarray(Math.max(0, joined.length - OUTPUT_BYTES))
      rest = rest.subarray(end)
    }
  }
  return JSON.stringify({ stdout: tails.stdout.toString('utf8'), stderr: tails.stderr.toString('utf8') })
}

const HEADER_BYTES = 8

/** Where the first frame ends; beyond every buffer while its header is not there. */
function endOfFrame(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES) return Number.POSITIVE_INFINITY
  const length = bytes.readUInt32BE(4)
  if (length <= MOST_FRAME_BYTES) return HEADER_BYTES + length
  throw new KeyrollerError(
    'reload-failed',
    `expected at most ${MOST_FRAME_BYTES} bytes in a frame of output, found ${length}`,
  )
}
