import { isIP } from 'node:net'
import { KeyrollerError } from '../core/errors.ts'

/** Where the server is, and the name its certificate must carry. */
export interface Endpoint {
  /** `https://host:port`, compared before anything is sent. */
  readonly origin: string
  /** Origin and path prefix, without a trailing slash. */
  readonly address: string
  /** What people call it: `host:port`. */
  readonly label: string
  readonly hostname: string
  readonly port: number
  readonly expectedName: string
}

/**
 * Only https, without credentials, query or fragment: there is no plain connection on which a token could travel, not even
 * to loopback, where any local user may have taken the port. Throws `config-invalid`.
 */
export function parseEndpoint(address: string, serverName: string | undefined): Endpoint {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'https:') throw notAnAddress(url ? url.protocol.slice(0, -1) : 'no URL')
  if (url.username || url.password) throw notAnAddress('credentials in it')
  if (url.search || url.hash) throw notAnAddress('a query or fragment in it')
  if (!/^[\w.~/-]*$/.test(url.pathname)) throw notAnAddress('a path with other characters')
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  return {
    origin: url.origin,
    address: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    label: url.host,
    hostname,
    port: url.port === '' ? 443 : Number(url.port),
    expectedName: serverName ?? hostname,
  }
}

/** The name for SNI; RFC 6066 section 3 knows no IP addresses there. */
export function sniOf(endpoint: Endpoint): string {
  return isIP(endpoint.expectedName) === 0 ? endpoint.expectedName : ''
}

function notAnAddress(found: string): KeyrollerError {
  return new KeyrollerError('config-invalid', `vault address: expected https://host:port, found ${found}`)
}
