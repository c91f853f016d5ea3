/**
 * A container engine over its API socket: HTTP on a Unix socket, bounded in time and bytes. Docker's API, and libpod's of
 * Podman (podman-system-service(1)), have the same calls at another place, with the same JSON as far as it is read.
 */
import { KeyrollerError } from '../../core/errors.ts'
import { oneLine } from '../../core/one-line.ts'
import { type Answer, type Exchange, exchange } from '../http-exchange.ts'
import type { Judged } from './engine-exec.ts'
import type { Podman } from './podman-port.ts'
import { judgeContainer, judgeList, MAX_PODMAN_BYTES, parseJson } from './podman-shape.ts'

export interface EngineAddress {
  readonly socketPath: string
  /** Uid that the socket must belong to; unset: whoever listens there. */
  readonly owner: number | undefined
  /** What stands before every path. */
  readonly base: string
}

export function engineApi({ socketPath, owner, base }: EngineAddress): Podman {
  const ask: Ask = (method, path, signal, sent = {}) =>
    exchange({
      ...sent,
      ...(owner === undefined ? {} : { socketOwner: owner }),
      request: { socketPath, method, path: `${base}${path}`, headers: sent.body ? WITH_BODY : HEADERS },
      where: socketPath,
      maxBytes: MAX_PODMAN_BYTES,
      signal,
    })
  const at = (id: string) => `/containers/${encodeURIComponent(id)}`

  return {
    list: async ({ key, value }, signal) => {
      const filters = JSON.stringify({ label: [value === undefined ? key : `${key}=${value}`] })
      const query = `all=true&filters=${encodeURIComponent(filters)}`
      return judgeList(judge(await ask('GET', `/containers/json?${query}`, signal), 200, socketPath))
    },
    listRunning: async (signal) =>
      judgeList(judge(await ask('GET', '/containers/json', signal), 200, socketPath)),
    inspect: async (nameOrId, signal) => {
      const answer = await ask('GET', `${at(nameOrId)}/json`, signal)
      return isNoSuchContainer(answer) ? undefined : judgeContainer(judge(answer, 200, socketPath))
    },
    kill: async (id, signalName, signal) => {
      judge(await ask('POST', `${at(id)}/kill?signal=${signalName}`, signal), 204, socketPath)
    },
    exec: async (id, argv, signal) => {
      const { execIn } = await import('./engine-exec.ts')
      const judged: Judged = async (expected, ...call) => judge(await ask(...call), expected, socketPath)
      return execIn(judged, at(id), argv, signal)
    },
    restart: async (id, signal) => {
      judge(await ask('POST', `${at(id)}/restart`, signal), 204, socketPath)
    },
  }
}

/** One request, in this order: method, path below the base, when to stop, what is sent with it. */
type Ask = (
  method: 'GET' | 'POST',
  path: string,
  signal: AbortSignal,
  sent?: Pick<Exchange, 'body' | 'read'>,
) => Promise<Answer>

const HEADERS = { host: 'localhost' }
const WITH_BODY = { ...HEADERS, 'content-type': 'application/json' }

/** The parsed body of an answer with the status that means success; undefined for 204, which has none. */
function judge({ status, body }: Answer, expected: 200 | 201 | 204, socketPath: string): unknown {
  if (status === expected) return status === 204 ? undefined : parseJson(body, socketPath)
  const reason = refusal(body)
  const found = `${status}${reason.message ? `: ${reason.message}` : ''}`
  throw new KeyrollerError(
    'reload-failed',
    `expected status ${expected} from the engine on ${socketPath}, found ${found}`,
  )
}

/**
 * By the cause, not the status: a plain 404 also comes from whatever else listens there, and for a container removed while
 * podman looks at it the status is 500.
 */
function isNoSuchContainer({ status, body }: Answer): boolean {
  const { cause, message } = refusal(body)
  return status >= 400 && (cause === 'no such container' || /^No such container: /.test(message))
}

/** An error body, podman's `{cause, message, response}` or docker's `{message}`; anything else says nothing. */
function refusal(body: string): { readonly cause: string; readonly message: string } {
  try {
    const { cause, message } = Object(JSON.parse(body)) as Record<string, unknown>
    return { cause: phrase(cause), message: phrase(message) }
  } catch {
    return { cause: '', message: '' }
  }
}

function phrase(value: unknown): string {
  return typeof value === 'string' ? oneLine(value) : ''
}
