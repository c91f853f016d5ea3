import { KeyrollerError } from '../core/errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { WireAnswer } from './exchange.ts'

/** 307 and 308 keep method and body (RFC 9110 section 15.4); the others would turn a sign into a read. */
export function isRedirect(statusCode: number): boolean {
  return statusCode >= 300 && statusCode < 400
}

/**
 * The path to ask instead. Token, request and client certificate go nowhere but to the configured address, so a redirect
 * to another scheme, host or port, a second one and one that changes the method are refused with `vault-answer-invalid`.
 */
export function redirectPath(endpoint: Endpoint, answer: WireAnswer, path: string, hops: number): string {
  const location = answer.headers.location ?? ''
  const from = `${endpoint.origin}${path}`
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined
  if (target?.origin !== endpoint.origin)
    throw refused(endpoint, `one to ${target?.origin.slice(0, 200) ?? 'no URL'}`)
  if (answer.statusCode !== 307 && answer.statusCode !== 308)
    throw refused(endpoint, `status ${answer.statusCode}`)
  if (hops > 0) throw refused(endpoint, 'a second one')
  return `${target.pathname}${target.search}`
}

function refused(endpoint: Endpoint, found: string): KeyrollerError {
  return new KeyrollerError(
    'vault-answer-invalid',
    `${endpoint.label}: expected an answer or one redirect within ${endpoint.origin}, found ${found}`,
    { hint: 'point [vault] address at the active server, or at a load balancer in front of it' },
  )
}
