import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type Agent, request } from 'node:https'
import type { Endpoint } from './endpoint.ts'

export interface WireRequest {
  readonly method: string
  /** Path and query, as they go on the request line. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What became of one request on one connection. Nothing of it is judged yet, and no Node error object is kept. */
export type WireOutcome = WireAnswer | WireLoss | WireStop | { readonly kind: 'too-large' }

export interface WireAnswer {
  readonly kind: 'answer'
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** The connection failed. Of the error only what can hold no secret is kept. */
export interface WireLoss {
  readonly kind: 'lost'
  /** Node's error code. */
  readonly code: string
  /** OpenSSL's reason string, ERR_reason_error_string(3), such as `tlsv1 alert unknown ca`. */
  readonly tlsReason?: string
  /** What a certificate for another name names. */
  readonly presentedNames?: string
  readonly phase: Phase
}

/** The caller's signal ended it. */
export interface WireStop {
  readonly kind: 'stopped'
  readonly phase: Phase
}

/** How far an exchange had come. */
export type Phase = 'queue' | 'connect' | 'handshake' | 'answer' | 'body'

/** Far above any answer keyroller reads: a signed leaf with its chain is some 10 KiB. */
export const ANSWER_LIMIT_BYTES = 1_048_576

/** One request and its whole answer; `onSocket` is told when it leaves the agent's queue. Never rejects. */
export function exchange(
  endpoint: Endpoint,
  agent: Agent,
  wire: WireRequest,
  stop: AbortSignal,
  onSocket: () => void,
): Promise<WireOutcome> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve({ kind: 'stopped', phase: 'queue' })
    const { method, path, headers } = wire
    const sent = request({ host: endpoint.hostname, port: endpoint.port, method, path, headers, agent })
    let isAnswering = false
    const phase = () => (isAnswering ? 'body' : phaseOf(sent))
    // The first word counts: whatever a destroyed request still emits finds the promise settled.
    const end = (outcome: WireOutcome) => {
      resolve(outcome)
      sent.destroy()
    }
    sent.once('socket', onSocket)
    sent.on('error', (error) => end(lossOf(error, phase())))
    sent.once('response', (response) => {
      isAnswering = true
      collect(response, resolve, end)
    })
    stop.addEventListener('abort', () => end({ kind: 'stopped', phase: phase() }), { once: true })
    sent.end(wire.body)
  })
}

function collect(
  response: IncomingMessage,
  resolve: (answer: WireAnswer) => void,
  end: (outcome: WireOutcome) => void,
): void {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes > ANSWER_LIMIT_BYTES) end({ kind: 'too-large' })
  })
  response.on('error', (error) => end(lossOf(error, 'body')))
  response.on('end', () => {
    if (!response.complete) return end({ kind: 'lost', code: 'ECONNRESET', phase: 'body' })
    const { statusCode = 0, headers } = response
    // Not `end`: the socket of a whole answer goes back to the agent.
    resolve({ kind: 'answer', statusCode, headers, text: Buffer.concat(chunks).toString('utf8') })
  })
}

function lossOf(error: Error, phase: Phase): WireLoss {
  const { code = 'UNKNOWN', cert } = error as { code?: string; cert?: { subjectaltname?: string } }
  // Node gives a handshake failure as EPROTO, with OpenSSL's line for a message.
  const tlsReason = /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1]
  return {
    kind: 'lost',
    code,
    phase,
    ...(tlsReason === undefined ? {} : { tlsReason }),
    ...(cert === undefined ? {} : { presentedNames: cert.subjectaltname ?? 'none' }),
  }
}

function phaseOf({ socket }: ClientRequest): Phase {
  if (!socket) return 'queue'
  if (socket.connecting) return 'connect'
  // Of a TLS socket, true until the handshake is done; @types/node does not know it.
  return (socket as { secureConnecting?: boolean }).secureConnecting ? 'handshake' : 'answer'
}
