import { expect, test } from 'vitest'
import type { FaultCode } from '../../../src/core/errors.ts'
import { parseEndpoint } from '../../../src/vault/endpoint.ts'
import type { WireLoss } from '../../../src/vault/exchange.ts'
import { failureOf } from '../../../src/vault/loss.ts'
import type { Operation } from '../../../src/vault/operation.ts'

const endpoint = parseEndpoint('https://vault.example.com:8200', undefined)
const HEALTH: Operation = { kind: 'health' }
const LOGIN: Operation = { kind: 'login', authMount: 'cert', mapping: 'm' }

const CASES: readonly (readonly [Partial<WireLoss>, FaultCode, RegExp])[] = [
  [{ code: 'ECONNREFUSED' }, 'vault-unreachable', /connection refused/],
  [{ code: 'ENOTFOUND' }, 'vault-unreachable', /does not resolve/],
  [
    { code: 'ECONNRESET', phase: 'body' },
    'vault-unreachable',
    /reset by the peer in the middle of the answer$/,
  ],
  [{ code: 'ESOMETHING' }, 'vault-unreachable', /the connection failed \(ESOMETHING\)$/],
  [{ code: 'HPE_INVALID_CONSTANT' }, 'vault-answer-invalid', /expected HTTP, found HPE_INVALID_CONSTANT$/],
  [
    { code: 'CERT_HAS_EXPIRED' },
    'vault-untrusted',
    /the server certificate has expired \(CERT_HAS_EXPIRED\)$/,
  ],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'vault-untrusted', /a root that is not in the CA file/],
  [
    { code: 'EPROTO', tlsReason: 'wrong version number' },
    'vault-untrusted',
    /expected TLS, found: wrong version/,
  ],
  [
    { code: 'EPROTO', tlsReason: 'tlsv1 alert protocol version' },
    'vault-untrusted',
    /expected TLS 1.2 or newer/,
  ],
  [
    { code: 'EPROTO', tlsReason: 'tlsv1 alert unknown ca' },
    'vault-untrusted',
    /found: tlsv1 alert unknown ca$/,
  ],
  [
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID', presentedNames: 'DNS:a, DNS:b' },
    'vault-untrusted',
    /expected a server certificate for vault.example.com, found names DNS:a, DNS:b$/,
  ],
]

test.each(CASES)('%j', (loss, code, message) => {
  const error = failureOf({ kind: 'lost', code: '', phase: 'answer', ...loss }, HEALTH, endpoint, 1000)
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
  expect(error.message).toMatch(/^vault.example.com:8200: /)
})

test.each(['tlsv1 alert unknown ca', 'tlsv13 alert certificate required', 'ssl/tls alert bad certificate'])(
  '%s refuses a login',
  (tlsReason) => {
    const loss = { kind: 'lost', code: 'EPROTO', phase: 'answer', tlsReason } as const
    expect(failureOf(loss, LOGIN, endpoint, 1000).code).toBe('login-refused')
  },
)

test('a deadline says how far things had come', () => {
  const error = failureOf({ kind: 'stopped', phase: 'handshake' }, HEALTH, endpoint, 30_000)
  expect(error.code).toBe('vault-unreachable')
  expect(error.message).toBe(
    'vault.example.com:8200: expected an answer within 30 s, found a connection and no TLS handshake',
  )
})
