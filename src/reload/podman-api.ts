/** podman over its API socket (podman-system-service(1)): HTTP on a Unix socket, bounded in time and bytes. */
import { KeyrollerError } from '../core/errors.ts'
import { oneLine } from '../core/one-line.ts'
import { type Answer, exchange } from './http-exchange.ts'
import type { Podman } from './podman-port.ts'
import { judgeContainer, judgeList, MAX_PODMAN_BYTES, parseJson } from './podman-shape.ts'

/** The oldest API with these calls; every later podman serves it. */
const CONTAINERS = '/v4.0.0/libpod/containers'

export function podmanApi(socketPath: string): Podman {
  const ask = (method: 'GET' | 'POST', path: string, signal: AbortSignal) =>
    exchange({
      request: { socketPath, method, path: `${CONTAINERS}${path}`, headers: { host: 'podman' } },
      where: socketPath,
      maxBytes: MAX_PODMAN_BYTES,
      signal,
    })

  return {
    list: async ({ key, value }, signal) => {
      const filters = JSON.stringify({ label: [value === undefined ? key : `${key}=${value}`] })
      const answer = await ask('GET', `/json?all=true&filters=${encodeURIComponent(filters)}`, signal)
      return judgeList(judge(answer, 200, socketPath))
    },
    listRunning: async (signal) => judgeList(judge(await ask('GET', '/json', signal), 200, socketPath)),
    inspect: async (nameOrId, signal) => {
      const answer = await ask('GET', `/${encodeURIComponent(nameOrId)}/json`, signal)
      return isNoSuchContainer(answer) ? undefined : judgeContainer(judge(answer, 200, socketPath))
    },
    kill: async (id, signalName, signal) => {
      const answer = await ask('POST', `/${encodeURIComponent(id)}/kill?signal=${signalName}`, signal)
      judge(answer, 204, socketPath)
    },
    restart: async (id, signal) => {
      judge(await ask('POST', `/${encodeURIComponent(id)}/restart`, signal), 204, socketPath)
    },
  }
}

/** The parsed body of an answer with the status that means success; undefined for 204, which has none. */
function judge({ status, body }: Answer, expected: 200 | 204, socketPath: string): unknown {
  if (status === expected) return status === 204 ? undefined : parseJson(body, socketPath)
  const reason = refusal(body)
  const found = `${status}${reason.message ? `: ${reason.message}` : ''}`
  throw new KeyrollerError(
    'reload-failed',
    `expected status ${expected} from podman on ${socketPath}, found ${found}`,
  )
}

/**
 * By the cause, not the status: a plain 404 also comes from whatever else listens there, and for a container removed while
 * podman looks at it the status is 500.
 */
function isNoSuchContainer({ status, body }: Answer): boolean {
  return status >= 400 && refusal(body).cause === 'no such container'
}

/** podman's error body, `{cause, message, response}`; anything else says nothing. */
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
