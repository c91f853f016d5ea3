/** One look at a port as a TLS client: which certificate is served, and whether it verifies. */
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { Probe } from '../core/material.ts'

export type Sighting =
  | {
      readonly kind: 'certificate'
      readonly der: Buffer
      readonly verifies: boolean
      readonly fault?: string
    }
  | { readonly kind: 'not-up' | 'reset' | 'not-tls'; readonly message: string }

export interface Look {
  readonly probe: Probe
  /** PEM of the anchors a client of this service would trust. */
  readonly anchorPems: readonly string[]
  /** Deadline of this one look. */
  readonly timeoutMs: number
  /** Ends the look at once, as its deadline would. */
  readonly signal: AbortSignal
}

/** Never rejects: a consumer that is down, resets or speaks no TLS is what the look was for. */
export function lookOnce({ probe, anchorPems, timeoutMs, signal }: Look): Promise<Sighting> {
  return new Promise((resolve) => {
    const socket = connect({
      host: probe.host,
      port: probe.port,
      servername: probe.serverName,
      ca: [...anchorPems],
      // The certificate is compared by fingerprint and the chain judged below; a refused one could not even be named.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      // An anchor may be an intermediate, as it may for `findChainFault`.
      allowPartialTrustChain: true,
      minVersion: 'TLSv1.2',
    })
    let connected = false
    const end = (sighting: Sighting) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(sighting)
    }
    const timer = setTimeout(() => end(silent(connected, `within ${timeoutMs} ms`)), timeoutMs)
    const stop = () => end(silent(connected, 'before the run was stopped'))
    signal.addEventListener('abort', stop)
    socket.once('connect', () => {
      connected = true
    })
    socket.once('secureConnect', () => end(readCertificate(socket)))
    socket.once('error', (error: NodeJS.ErrnoException) => end(describe(error, connected)))
    socket.once('close', () =>
      end({ kind: 'reset', message: 'the connection was closed before a certificate came' }),
    )
  })
}

function readCertificate(socket: TLSSocket): Sighting {
  const certificate: Partial<DetailedPeerCertificate> = socket.getPeerCertificate(true)
  if (!certificate.raw) return { kind: 'not-tls', message: 'the server sent no certificate' }
  if (socket.authorized) return { kind: 'certificate', der: certificate.raw, verifies: true }
  return {
    kind: 'certificate',
    der: certificate.raw,
    verifies: false,
    fault: String(socket.authorizationError),
  }
}

/** Refused means nobody listens yet; reset after the connection means somebody does, and is not ready or went away. */
function describe(error: NodeJS.ErrnoException, connected: boolean): Sighting {
  const code = error.code ?? error.name
  if (code === 'ECONNRESET' || code === 'EPIPE') return { kind: 'reset', message: 'connection reset by peer' }
  if (connected && code.startsWith('ERR_SSL'))
    return { kind: 'not-tls', message: `the TLS handshake failed with ${code}` }
  return { kind: connected ? 'reset' : 'not-up', message: code }
}

function silent(connected: boolean, when: string): Sighting {
  const what = connected ? 'no certificate' : 'no connection'
  return { kind: connected ? 'reset' : 'not-up', message: `${what} ${when}` }
}
