import type { Agent } from 'node:https'
import { KeyrollerError } from '../core/errors.ts'
import { type ClientPair, openAgent } from './agent.ts'
import { isObject } from './answer.ts'
import { callVault } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { WireAnswer, WireRequest } from './exchange.ts'
import type { Operation } from './operation.ts'
import type { Answer } from './refusal.ts'

/** The way to the server for one identity, or for none. */
export interface Transport {
  /** Asks and gives the answer, whatever its status; throws when there is none, or when it is no JSON object. */
  readonly send: (request: TransportRequest) => Promise<Answer>
  /** Ends what is under way and closes every socket, so that nothing keeps the process alive. */
  readonly close: () => void
}

export interface TransportRequest {
  readonly method: string
  readonly uri: string
  readonly headers: Readonly<Record<string, string>>
  readonly json?: object
  readonly operation: Operation
}

export interface TransportSettings {
  readonly endpoint: Endpoint
  readonly anchors: readonly string[]
  /** Connections at a time; further requests wait for a free one. */
  readonly concurrency: number
  /** Deadline of one call, connect to last byte. */
  readonly timeoutMs: number
  readonly userAgent: string
  /** The run's own; its abort ends every call but a revocation. */
  readonly signal: AbortSignal
}

/** A token is revoked even when the run is being stopped, but never for long. */
const REVOKE_TIMEOUT_MS = 5000

export function openTransport(settings: TransportSettings, pair?: ClientPair): Transport {
  const { signal } = settings
  const agent = openAgent(settings.endpoint, settings.anchors, pair, settings.concurrency)
  const calls = new Map<AbortController, Operation>()
  let isClosed = false
  const isOver = (operation: Operation) => isClosed || (signal.aborted && operation.kind !== 'revoke')
  const stopCalls = () => {
    for (const [stop, operation] of calls) if (isOver(operation)) stop.abort()
  }
  signal.addEventListener('abort', stopCalls)
  return {
    send: async (request) => {
      const { operation } = request
      if (isOver(operation)) throw interrupted(signal)
      const stop = new AbortController()
      calls.set(stop, operation)
      try {
        return await ask(settings, agent, request, stop)
      } catch (error) {
        throw isOver(operation) ? interrupted(signal) : error
      } finally {
        calls.delete(stop)
      }
    },
    close: () => {
      isClosed = true
      signal.removeEventListener('abort', stopCalls)
      stopCalls()
      agent.destroy()
    },
  }
}

async function ask(
  settings: TransportSettings,
  agent: Agent,
  request: TransportRequest,
  stop: AbortController,
): Promise<Answer> {
  const { endpoint } = settings
  const { operation } = request
  const wire = wireOf(settings, request)
  const timeoutMs =
    operation.kind === 'revoke' ? Math.min(settings.timeoutMs, REVOKE_TIMEOUT_MS) : settings.timeoutMs
  const answer = await callVault({ endpoint, agent, operation, wire, timeoutMs, stop })
  return { statusCode: answer.statusCode, body: jsonObject(answer, operation, endpoint) }
}

function wireOf({ endpoint, userAgent }: TransportSettings, request: TransportRequest): WireRequest {
  const path = request.uri.slice(endpoint.origin.length)
  // Names are checked with the configuration; a path that a server could read as another one is never sent.
  if (!request.uri.startsWith(endpoint.address) || !PLAIN_PATH.test(path)) {
    throw new KeyrollerError('internal', 'expected a plain API path, found other characters in it')
  }
  const body = request.json === undefined ? '' : JSON.stringify(request.json)
  const headers = {
    ...request.headers,
    'user-agent': userAgent,
    // Vault refuses requests without it when it fronts an agent or proxy, as a guard against SSRF.
    'x-vault-request': 'true',
    ...(body === ''
      ? {}
      : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}` }),
  }
  return { method: request.method, path, headers, body }
}

/** The one query there is asks for an earlier version of a secret. */
const PLAIN_PATH = /^(\/(?!\.{1,2}(\/|$|\?))[\w.~-]+)+(\?version=[1-9]\d{0,8})?$/

function jsonObject(answer: WireAnswer, operation: Operation, endpoint: Endpoint): object {
  if (answer.text === '') return {}
  try {
    const body: unknown = JSON.parse(answer.text)
    if (isObject(body)) return body
  } catch {
    // Told below without the parser's words, which quote the text.
  }
  throw notJson(answer, operation, endpoint)
}

function notJson(
  { statusCode, headers }: WireAnswer,
  operation: Operation,
  endpoint: Endpoint,
): KeyrollerError {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(headers['content-type'] ?? '')?.[0] ?? 'no content type'
  const message = `${endpoint.label}: expected a JSON object, found other text (status ${statusCode}, ${type})`
  // A gateway in front of a server that is down answers like this.
  const isGateway = statusCode >= 500 && operation.kind !== 'health'
  return new KeyrollerError(isGateway ? 'vault-failed' : 'vault-answer-invalid', message)
}

function interrupted(signal: AbortSignal): KeyrollerError {
  if (signal.reason instanceof KeyrollerError) return signal.reason
  return new KeyrollerError('run-interrupted', 'the run was stopped while it asked Vault')
}
