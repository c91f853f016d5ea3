/** One request to a URL. Over https the server is trusted from the file given, or from the public authorities. */
import { X509Certificate } from 'node:crypto'
import type { RequestOptions } from 'node:http'
import { KeyrollerError } from '../core/errors.ts'
import { type Answer, type Exchange, exchange } from './http-exchange.ts'
import type { Reach } from './teller.ts'

export interface UrlCall extends Omit<Exchange, 'request' | 'open'>, Pick<Reach, 'readTrusted'> {
  readonly url: string
  /** Beside what the URL says. */
  readonly request: Pick<RequestOptions, 'method' | 'headers' | 'socketPath'>
  readonly caFile?: string
}

/** Redirects are answers like any other. Rejects as `exchange` does, and with `reload-failed` for authorities that are none. */
export async function askUrl({ url, caFile, readTrusted, request, ...call }: UrlCall): Promise<Answer> {
  const { protocol, hostname, port, pathname, search } = new URL(url)
  const where = { ...request, hostname: bareHost(hostname), port, path: `${pathname}${search}` }
  if (protocol === 'http:') return exchange({ ...call, request: where })
  const https = await import('node:https')
  const trust = caFile === undefined ? {} : { ca: readAuthorities(caFile, readTrusted) }
  return exchange({
    ...call,
    request: where,
    open: (options) => https.request({ ...options, ...trust, rejectUnauthorized: true }),
  })
}

/** An IPv6 address has brackets in a URL only. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Node takes an empty `ca` for the public web PKI. */
function readAuthorities(path: string, readTrusted: Reach['readTrusted']): string {
  try {
    const pem = readTrusted(path)
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const found = error instanceof KeyrollerError ? error.message : 'none'
    throw new KeyrollerError('reload-failed', `expected authorities in ${path}, found ${found}`)
  }
}
