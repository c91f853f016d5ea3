import { Agent } from 'node:https'
import { createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import { KeyrollerError } from '../core/errors.ts'
import { type Endpoint, sniOf } from './endpoint.ts'
import { checkServerName } from './trust.ts'

/** A client certificate, with its intermediates, and its key. */
export interface ClientPair {
  readonly certPem: string
  readonly keyPem: string
}

/**
 * The connections of one identity, or of none. Every identity and every successor gets an agent of its own, and sessions
 * are not cached: a resumed TLS session speaks for the certificate it was opened with, not for the one given now.
 *
 * The context is made once, so the CA file is parsed once and not for every connection, and `Agent.getName` does not
 * concatenate certificates for every request. Nothing is taken from the environment: no proxy, no NODE_EXTRA_CA_CERTS
 * (an explicit `ca` replaces them), no NODE_TLS_REJECT_UNAUTHORIZED. Throws `identity-unusable`.
 */
export function openAgent(
  endpoint: Endpoint,
  anchors: readonly string[],
  pair: ClientPair | undefined,
  concurrency: number,
): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: concurrency,
    maxFreeSockets: concurrency,
    maxCachedSessions: 0,
    secureContext: secureContext(anchors, pair),
    rejectUnauthorized: true,
    servername: sniOf(endpoint),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerName(endpoint.expectedName, certificate),
  })
}

function secureContext(anchors: readonly string[], pair: ClientPair | undefined): SecureContext {
  const ca = [...anchors]
  if (pair === undefined) return createSecureContext({ ca, minVersion: 'TLSv1.2' })
  try {
    return createSecureContext({ ca, minVersion: 'TLSv1.2', cert: pair.certPem, key: pair.keyPem })
  } catch (error) {
    // OpenSSL's code names the fault (ERR_OSSL_X509_KEY_VALUES_MISMATCH); its error object stays here.
    const { code = 'unreadable' } = error as { code?: string }
    throw new KeyrollerError('identity-unusable', `expected a client certificate and its key, found ${code}`)
  }
}
