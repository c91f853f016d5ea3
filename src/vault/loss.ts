import { KeyrollerError } from '../core/errors.ts'
import type { Endpoint } from './endpoint.ts'
import { ANSWER_LIMIT_BYTES, type Phase, type WireLoss, type WireOutcome } from './exchange.ts'
import type { Operation } from './operation.ts'

/** What an exchange without an answer means. `stopped` is read as the deadline: the run's own stop is told elsewhere. */
export function failureOf(
  outcome: Exclude<WireOutcome, { kind: 'answer' }>,
  operation: Operation,
  endpoint: Endpoint,
  timeoutMs: number,
): KeyrollerError {
  switch (outcome.kind) {
    case 'too-large':
      return new KeyrollerError(
        'vault-answer-invalid',
        `${endpoint.label}: expected an answer of at most ${ANSWER_LIMIT_BYTES} bytes, found more`,
      )
    case 'stopped':
      return new KeyrollerError(
        'vault-unreachable',
        `${endpoint.label}: expected an answer within ${timeoutMs / 1000} s, found ${FOUND_UNTIL[outcome.phase]}`,
      )
    case 'lost':
      return lossFailure(outcome, operation, endpoint)
  }
}

const FOUND_UNTIL: Record<Phase, string> = {
  queue: 'no free connection',
  connect: 'no connection',
  handshake: 'a connection and no TLS handshake',
  answer: 'a TLS connection and silence',
  body: 'an unfinished answer',
}

function lossFailure(loss: WireLoss, operation: Operation, endpoint: Endpoint): KeyrollerError {
  const { label } = endpoint
  if (loss.tlsReason !== undefined) return tlsFailure(loss.tlsReason, operation, endpoint)
  const distrust = distrustOf(loss, endpoint)
  if (distrust !== undefined) return new KeyrollerError('vault-untrusted', `${label}: ${distrust}`)
  if (loss.code.startsWith('HPE_')) {
    return new KeyrollerError('vault-answer-invalid', `${label}: expected HTTP, found ${loss.code}`)
  }
  const message = REACH_WORDS[loss.code] ?? `the connection failed (${loss.code})`
  const when = loss.phase === 'body' ? ' in the middle of the answer' : ''
  return new KeyrollerError('vault-unreachable', `${label}: ${message}${when}`)
}

/** The handshake failed, on our side or by an alert of the server's. */
function tlsFailure(reason: string, operation: Operation, { label }: Endpoint): KeyrollerError {
  if (operation.kind === 'login' && /alert.*(certificate|unknown ca|access denied)/.test(reason)) {
    return new KeyrollerError(
      'login-refused',
      `${label}: the listener refused the client certificate: ${reason}`,
      { hint: "see tls_client_ca_file and tls_require_and_verify_client_cert of the server's listener" },
    )
  }
  const expected = /protocol version|unsupported protocol/.test(reason) ? 'TLS 1.2 or newer' : 'TLS'
  return new KeyrollerError('vault-untrusted', `${label}: expected ${expected}, found: ${reason}`)
}

const REACH_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'the connection was reset by the peer',
  EPIPE: 'the connection was closed by the peer',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'the connection timed out',
}

/** A certificate may carry thousands; the first ones tell whose it is. */
const MAX_NAMES_CHARS = 200

/** What is wrong with the server's certificate, or undefined when that is not the matter. */
function distrustOf({ code, presentedNames }: WireLoss, endpoint: Endpoint): string | undefined {
  if (presentedNames !== undefined) {
    return `expected a server certificate for ${endpoint.expectedName}, found names ${presentedNames.slice(0, MAX_NAMES_CHARS)}`
  }
  const words = VERIFY_WORDS[code]
  return words === undefined ? undefined : `${words} (${code})`
}

/** Names of X509_V_ERR codes, X509_STORE_CTX_get_error(3). */
const VERIFY_WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the server certificate has expired',
  CERT_NOT_YET_VALID: 'the server certificate is not valid yet; compare the clocks',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the server certificate is self-signed and not in the CA file',
  SELF_SIGNED_CERT_IN_CHAIN: 'the server presents a root that is not in the CA file',
  UNABLE_TO_GET_ISSUER_CERT: 'an issuer of the server certificate is missing from the CA file',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer of the server certificate is not in the CA file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the issuer of the server certificate is not in the CA file',
  CERT_SIGNATURE_FAILURE: 'the signature on the server certificate does not verify',
  CERT_REVOKED: 'the server certificate is revoked',
  CERT_REJECTED: 'the server certificate is rejected',
  CERT_UNTRUSTED: 'the server certificate is not trusted',
  INVALID_CA: 'an issuer of the server certificate is no CA',
  INVALID_PURPOSE: 'the server certificate is not for server authentication',
  PATH_LENGTH_EXCEEDED: 'the chain of the server certificate is too long',
}
