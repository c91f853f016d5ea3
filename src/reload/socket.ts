/** `socket:PATH`: one line to a Unix socket, and its answer; `expect` says what must stand in it. */
import { connect, type Socket } from 'node:net'
import type { SocketTarget } from '../core/consumers/target.ts'
import { KeyrollerError } from '../core/errors.ts'
import { lastLine } from '../core/one-line.ts'
import { expectListener, expectStillListening, nobodyAt } from './listener.ts'
import { later, settling } from './settle.ts'
import type { Teller } from './teller.ts'

const MAX_BYTES = 64 * 1024

export const socketTeller: Teller<SocketTarget> = {
  members: async ({ text }) => [{ id: text, name: text }],
  tell: async (_member, target, { signal }) => {
    await ask(target, signal)
    const time = settling(target, signal)
    await expectStillListening({ path: target.path }, target.path, time)
    return `answered, still listening ${later(time)}`
  },
  look: async (_member, { path }, { signal }) => {
    await expectListener({ path }, path, signal)
    return { active: true, message: 'listening' }
  },
}

/**
 * Without `expect` the answer must end, so our side ends first; with it, our side stays open, because a line is enough and
 * some take the end of the input for the end of the session.
 */
async function ask({ path, send, expect }: SocketTarget, signal: AbortSignal): Promise<void> {
  const socket = await open(path, signal)
  try {
    if (expect === undefined) socket.end(`${send}\n`)
    else socket.write(`${send}\n`)
    const answer = await readUntil(socket, expect, path)
    if (expect === undefined || answer.includes(expect)) return
    const said = lastLine(answer)
    throw new KeyrollerError(
      'reload-failed',
      `expected ${JSON.stringify(expect)} on ${path}, found ${said ? `the answer: ${said}` : 'no answer'}`,
    )
  } finally {
    socket.destroy()
  }
}

function open(path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, signal })
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      // What breaks from now on is thrown by whoever reads.
      socket.on('error', () => {})
      resolve(socket)
    })
    socket.once('error', ({ code = 'an error' }: NodeJS.ErrnoException) => {
      reject(signal.aborted ? signal.reason : nobodyAt(path, code))
    })
  })
}

/** The answer up to its end, or as soon as it holds `expect`. */
async function readUntil(socket: Socket, expect: string | undefined, path: string): Promise<string> {
  let answer = ''
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      answer += chunk.toString('latin1')
      if (expect !== undefined && answer.includes(expect)) return answer
      if (answer.length > MAX_BYTES)
        throw new KeyrollerError(
          'reload-failed',
          `expected at most ${MAX_BYTES} bytes on ${path}, found more`,
        )
    }
    return answer
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof KeyrollerError || code === undefined || code === 'ABORT_ERR') throw error
    throw new KeyrollerError('reload-failed', `expected a whole answer on ${path}, found ${code}`)
  }
}
