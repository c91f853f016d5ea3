/** One HTTP request and its whole answer, bounded in time and bytes; redirects are answers like any other. */
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { KeyrollerError } from '../core/errors.ts'
import { throughSocket } from './owned-socket.ts'

export interface Exchange {
  readonly request: RequestOptions
  /** Default: that of `node:http`. */
  readonly open?: (request: RequestOptions) => ClientRequest
  readonly body?: string
  /** Uid that the Unix socket of the request must belong to; unset: whoever listens there. */
  readonly socketOwner?: number
  /** How an answer of status 200 becomes text; default, as for every other: all of it, as UTF-8. */
  readonly read?: (response: AsyncIterable<Buffer>) => Promise<string>
  /** How messages name the other side. */
  readonly where: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * On a connection of its own: nothing left of an earlier answer can stand before this one. Rejects with `reload-failed` for
 * every answer that is not whole, and with its reason when `signal` aborts.
 */
export async function exchange(call: Exchange): Promise<Answer> {
  const { signal, where } = call
  try {
    const response = await throughSocket({ path: call.request.socketPath, owner: call.socketOwner }, (path) =>
      send({ ...call, request: { ...call.request, socketPath: path } }),
    )
    const read = response.statusCode === 200 ? call.read : undefined
    const body = await (read?.(response) ?? readBody(response, call))
    return { status: response.statusCode ?? 0, body }
  } catch (error) {
    signal.throwIfAborted()
    const code = (error as NodeJS.ErrnoException).code
    if (error instanceof KeyrollerError || code === undefined) throw error
    throw new KeyrollerError('reload-failed', `expected a whole answer on ${where}, found ${code}`)
  }
}

function send({ request, open = httpRequest, body, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = open({ ...request, signal, agent: false })
    call.on('error', reject)
    call.once('response', resolve)
    call.end(body)
  })
}

async function readBody(response: IncomingMessage, { maxBytes, where }: Exchange): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop destroys the response, and with it the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes)
      throw new KeyrollerError('reload-failed', `expected at most ${maxBytes} bytes on ${where}, found more`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
