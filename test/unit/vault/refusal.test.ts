import { expect, test } from 'vitest'
import type { FaultCode } from '../../../src/core/errors.ts'
import type { Operation } from '../../../src/vault/operation.ts'
import { refusalOf } from '../../../src/vault/refusal.ts'

const HEALTH: Operation = { kind: 'health' }
const LOGIN: Operation = { kind: 'login', authMount: 'cert', mapping: 'agent-app' }
const SIGN: Operation = {
  kind: 'sign',
  pkiMount: 'pki-prod',
  role: 'nginx-app',
  commonName: 'app.int.privsec.ch',
  keyType: 'ec-p256',
  policies: ['default', 'pki-issue-app'],
}
const WRITE_MAPPING = {
  kind: 'write-mapping',
  authMount: 'cert',
  mapping: 'agent-app',
  policies: ['p'],
} as const satisfies Operation
const REVOKE: Operation = { kind: 'revoke' }

interface Case {
  readonly operation: Operation
  readonly status: number
  readonly said: string
  readonly code: FaultCode
  readonly message: RegExp
  readonly hint?: RegExp
}

// What Vault 1.21 says, word for word where it is quoted.
const CASES: Readonly<Record<string, Case>> = {
  sealed: {
    operation: SIGN,
    status: 503,
    said: 'Vault is sealed',
    code: 'vault-sealed',
    message: /^expected an unsealed vault, found: Vault is sealed$/,
  },
  'not initialised': {
    operation: LOGIN,
    status: 503,
    said: 'Vault is not initialized',
    code: 'vault-sealed',
    message: /not initialized$/,
  },
  quota: {
    operation: SIGN,
    status: 429,
    said: 'request path "pki-prod/sign/nginx-app": rate limit quota exceeded',
    code: 'vault-rate-limited',
    message: /rate limit quota exceeded$/,
  },
  'mapping missing, other issuer, or name not allowed': {
    operation: LOGIN,
    status: 400,
    said: 'failed to match all constraints for this login certificate',
    code: 'login-refused',
    message:
      /^auth\/cert\/certs\/agent-app: the mapping is missing, trusts another issuer or does not allow this common name: failed to/,
    hint: /^vault read auth\/cert\/certs\/agent-app$/,
  },
  'certificate expired': {
    operation: LOGIN,
    status: 500,
    said: "failed to verify client's certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z",
    code: 'login-refused',
    message:
      /^auth\/cert\/certs\/agent-app: the client certificate is expired or not valid yet: .*2025-01-01T00:00:00Z$/,
  },
  'certificate of a server': {
    operation: LOGIN,
    status: 500,
    said: "failed to verify client's certificate: x509: certificate specifies an incompatible key usage",
    code: 'login-refused',
    message: /is not for client authentication/,
  },
  'no certificate': {
    operation: LOGIN,
    status: 400,
    said: 'client certificate must be supplied',
    code: 'login-refused',
    message: /the server saw no client certificate/,
  },
  'no such auth mount': {
    operation: LOGIN,
    status: 403,
    said: 'permission denied',
    code: 'login-refused',
    message: /no cert auth method is there: permission denied$/,
  },
  policy: {
    operation: SIGN,
    status: 403,
    said: '1 error occurred:\n\t* permission denied\n\n',
    code: 'vault-denied',
    message:
      /^expected the capability update on pki-prod\/sign\/nginx-app, found a token with policies default, pki-issue-app: permission denied$/,
    hint: /path "pki-prod\/sign\/nginx-app" \{ capabilities = \["update"\] \}$/,
  },
  'token gone': {
    operation: SIGN,
    status: 403,
    said: '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n',
    code: 'vault-denied',
    message: /expected the token of this login to be accepted, found: permission denied; invalid token$/,
  },
  'name not allowed by the role': {
    operation: SIGN,
    status: 400,
    said: 'common name app.int.privsec.ch not allowed by this role',
    code: 'role-refused',
    message:
      /^pki-prod\/roles\/nginx-app refused the request for app.int.privsec.ch with a key of type ec-p256: common name app.int.privsec.ch not allowed/,
    hint: /^vault read pki-prod\/roles\/nginx-app$/,
  },
  'no such PKI mount': {
    operation: SIGN,
    status: 404,
    said: 'no handler for route "pki-prod/sign/nginx-app". route entry not found.',
    code: 'role-refused',
    message: /no handler for route/,
  },
  'mapping not to be written': {
    operation: WRITE_MAPPING,
    status: 403,
    said: 'permission denied',
    code: 'pin-refused',
    message:
      /^expected the capabilities read and update on auth\/cert\/certs\/agent-app, found a token with policies p: permission denied$/,
    hint: /^grant in one of them: path "auth\/cert\/certs\/agent-app" \{ .*allowed_parameters = \{ "certificate" = \[\] \} \}$/,
  },
  'mapping gone': {
    operation: { ...WRITE_MAPPING, kind: 'read-mapping' },
    status: 404,
    said: '',
    code: 'pin-refused',
    message: /^auth\/cert\/certs\/agent-app: expected a mapping, found none$/,
    hint: /^vault write auth\/cert\/certs\/agent-app certificate=@/,
  },
  'mapping not taken': {
    operation: WRITE_MAPPING,
    status: 400,
    said: 'failed to parse certificate',
    code: 'pin-refused',
    message: /^auth\/cert\/certs\/agent-app: failed to parse certificate$/,
  },
  trouble: {
    operation: SIGN,
    status: 500,
    said: 'internal error',
    code: 'vault-failed',
    message: /^pki-prod\/sign\/nginx-app: status 500: internal error$/,
  },
  'trouble without words': {
    operation: LOGIN,
    status: 502,
    said: '',
    code: 'vault-failed',
    message: /^auth\/cert\/login: status 502: status 502 without a reason$/,
  },
  'health refused': {
    operation: HEALTH,
    status: 403,
    said: 'forbidden',
    code: 'vault-failed',
    message: /^sys\/health: status 403: forbidden$/,
  },
  'revocation refused': {
    operation: REVOKE,
    status: 403,
    said: 'permission denied',
    code: 'vault-failed',
    message: /^auth\/token\/revoke-self: status 403: permission denied$/,
  },
}

test.each(Object.entries(CASES))('%s', (_, { operation, status, said, code, message, hint }) => {
  const error = refusalOf(operation, { statusCode: status, body: { errors: said === '' ? [] : [said] } })
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
  if (hint) expect(error.hint).toMatch(hint)
  expect(error.cause).toBeUndefined()
})
