/** One look at a port as a client would: which certificate is served, and whether it verifies. */
import { connect as connectPlain, type Socket } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { TlsProbe } from '../core/consumers/probe.ts'
import { startTls } from './start-tls.ts'

export type Sighting =
  | {
      readonly kind: 'certificate'
      readonly der: Buffer
      readonly verifies: boolean
      readonly fault?: string
      /** Why the server would not have the client certificate; unset also when none was presented. */
      readonly clientFault?: string
    }
  | { readonly kind: 'not-up' | 'reset' | 'not-tls'; readonly message: string }

export interface ClientPair {
  readonly certPem: string
  readonly keyPem: string
}

export interface Look {
  readonly probe: TlsProbe
  /** PEM of the anchors a client of this service would trust. */
  readonly anchorPems: readonly string[]
  readonly client?: ClientPair
  /** Deadline of this one look. */
  readonly timeoutMs: number
  /** Ends the look at once, as its deadline would. */
  readonly signal: AbortSignal
}

/** Never rejects: a consumer that is down, resets or speaks no TLS is what the look was for. */
export function lookOnce(look: Look): Promise<Sighting> {
  const { probe, timeoutMs, signal } = look
  return new Promise((resolve) => {
    const socket = connectPlain(probe.address)
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
    socket.on('error', (error) => end(describe(error, connected)))
    socket.once('connect', () => {
      connected = true
      meet(socket, look).then(end, (error) => end(describe(error, connected)))
    })
  })
}

async function meet(socket: Socket, look: Look): Promise<Sighting> {
  const { startTls: protocol } = look.probe
  const refused = protocol && (await startTls(socket, protocol))
  if (refused) return refused
  const secure = await shakeHands(socket, look)
  if (secure === undefined) return CLOSED
  // What the peer sent is gone with the socket, so it is read first.
  const sighting = readCertificate(secure)
  const clientFault = look.client ? await findRefusal(secure) : undefined
  if (sighting.kind !== 'certificate' || clientFault === undefined) return sighting
  return { ...sighting, clientFault }
}

const CLOSED = { kind: 'reset', message: 'the connection was closed before a certificate came' } as const

/** The connection once the server has proved its certificate; undefined when it was closed before. */
function shakeHands(socket: Socket, { probe, anchorPems, client }: Look): Promise<TLSSocket | undefined> {
  return new Promise((resolve, reject) => {
    const secure = connect({
      socket,
      servername: probe.serverName,
      ca: [...anchorPems],
      ...(client ? { cert: client.certPem, key: client.keyPem } : {}),
      ...(probe.alpn.length > 0 ? { ALPNProtocols: [...probe.alpn] } : {}),
      // The certificate is compared by fingerprint and the chain judged below; a refused one could not even be named.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      // An anchor may be an intermediate, as it may for `findChainFault`.
      allowPartialTrustChain: true,
      minVersion: 'TLSv1.2',
    })
    secure.once('secureConnect', () => resolve(secure))
    secure.on('error', reject)
    secure.once('close', () => resolve(undefined))
  })
}

/** A server that says nothing about the client certificate for so long has taken it. */
const VERDICT_MS = 500

/**
 * In TLS 1.3 the handshake of a client is over before the server has judged its certificate: what comes next is a session
 * ticket, or an alert (RFC 8446 §4.4.2.4, §4.6.1).
 */
function findRefusal(secure: TLSSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), VERDICT_MS)
    const end = (fault: string | undefined) => {
      clearTimeout(timer)
      resolve(fault)
    }
    secure.once('session', () => end(undefined))
    secure.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.name))
    secure.once('close', () => end('the end of the connection'))
    secure.resume()
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
