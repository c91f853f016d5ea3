import { KeyrollerError } from '../core/errors.ts'
import {
  type ChainOperation,
  type IssuerOperation,
  type LoginOperation,
  type MappingOperation,
  type OperateOperation,
  type Operation,
  pathOf,
  type RevokeCertificateOperation,
  type SecretOperation,
  type SignOperation,
} from './operation.ts'
import { sentenceOf } from './sentence.ts'

/** An answer of Vault's API: the status and a JSON object, `{}` when it sent none. */
export interface Answer {
  readonly statusCode: number
  readonly body: unknown
}

/** What an answer other than success means, in the words of what was asked. */
export function refusalOf(operation: Operation, { statusCode, body }: Answer): KeyrollerError {
  const sentence = sentenceOf(body)
  const said = sentence === '' ? `status ${statusCode} without a reason` : sentence
  switch (classify(operation, statusCode, sentence)) {
    case 'sealed':
      return new KeyrollerError('vault-sealed', `expected an unsealed vault, found: ${said}`)
    case 'rate-limited':
      return new KeyrollerError('vault-rate-limited', `${pathOf(operation)}: ${said}`)
    case 'token-gone':
      return tokenGone(operation, said)
    case 'refused':
      return refused(operation, statusCode, said)
    case 'failed':
      return failed(operation, statusCode, said)
  }
}

export type RefusalKind = 'sealed' | 'rate-limited' | 'token-gone' | 'refused' | 'failed'

/** `said` may be the sentence or the raw text of the answer: the same words are looked for in both. */
export function classify(operation: Operation, statusCode: number, said: string): RefusalKind {
  if (statusCode >= 500 && /is sealed|is not initiali[sz]ed/.test(said)) return 'sealed'
  if (statusCode === 429) return 'rate-limited'
  const bearsToken = TOKEN_BEARERS.has(operation.kind)
  if (bearsToken && statusCode === 403 && /invalid token/.test(said)) return 'token-gone'
  // Vault says 500 for a client certificate that has expired, yet asking again changes nothing.
  if (operation.kind === 'login' && /verify client's certificate/.test(said)) return 'refused'
  const isAsked = operation.kind !== 'health' && operation.kind !== 'revoke'
  return isAsked && [400, 401, 403, 404].includes(statusCode) ? 'refused' : 'failed'
}

/** Asked with the token of a login. */
const TOKEN_BEARERS: ReadonlySet<Operation['kind']> = new Set([
  'sign',
  'read-secret',
  'write-secret',
  'destroy-secret',
  'read-mapping',
  'write-mapping',
  'revoke',
  'revoke-certificate',
  'capabilities',
])

function tokenGone(operation: Operation, said: string): KeyrollerError {
  const message = `${pathOf(operation)}: expected the token of this login to be accepted, found: ${said}`
  const hint = "keyroller renew logs in anew; see the mapping's token_ttl and token_bound_cidrs"
  return new KeyrollerError('vault-denied', message, { hint })
}

function refused(operation: Operation, statusCode: number, said: string): KeyrollerError {
  switch (operation.kind) {
    case 'login':
      return loginRefused(operation, said)
    case 'sign':
      return statusCode === 403 ? denied(operation, ['update'], said) : roleRefused(operation, said)
    case 'read-mapping':
    case 'write-mapping':
      return pinRefused(operation, statusCode, said)
    case 'lookup-wrapping':
    case 'unwrap':
      return new KeyrollerError(
        'enrolment-refused',
        `${pathOf(operation)}: expected a wrapping token that nobody has opened yet, found: ${said}`,
      )
    case 'approle-login':
      return new KeyrollerError('enrolment-refused', `${pathOf(operation)}: ${said}`, {
        hint: 'make a new secret id; it may be used up, expired, or bound to other addresses',
      })
    case 'revoke-certificate':
    case 'destroy-secret':
      return statusCode === 403 ? denied(operation, ['update'], said) : failed(operation, statusCode, said)
    case 'read-secret':
      return statusCode === 403 ? denied(operation, ['read'], said) : failed(operation, statusCode, said)
    case 'write-secret': {
      // Which of the two depends on whether there is one already.
      const needed = ['create', 'update']
      return statusCode === 403 ? denied(operation, needed, said) : failed(operation, statusCode, said)
    }
    case 'chain':
    case 'issuers':
    case 'issuer':
    case 'revocation-list':
      return noIssuer(operation, said)
    case 'operate':
      return statusCode === 403 ? lacking(operation, said) : failed(operation, statusCode, said)
    case 'health':
    case 'revoke':
    case 'capabilities':
      return failed(operation, statusCode, said)
  }
}

function loginRefused({ authMount, mapping }: LoginOperation, said: string): KeyrollerError {
  const at = `auth/${authMount}/certs/${mapping}`
  const hint = EXPIRED.test(said)
    ? 'compare the clocks; when it has expired, keyroller enroll --repair IDENTITY --token FILE'
    : `vault read ${at}`
  return new KeyrollerError('login-refused', `${at}: ${meaningOf(said)}: ${said}`, { hint })
}

const EXPIRED = /has expired or is not yet valid/

/**
 * Vault keeps some reasons to itself: a mapping that is missing, one that trusts another issuer and one that does not allow
 * the common name all get the same sentence.
 */
function meaningOf(said: string): string {
  if (EXPIRED.test(said)) return 'the client certificate is expired or not valid yet'
  if (/incompatible key usage/.test(said)) return 'the client certificate is not for client authentication'
  if (/must be supplied|no client certificate/.test(said)) return 'the server saw no client certificate'
  if (/failed to match all constraints|no certificate was matched/.test(said)) {
    return 'the mapping is missing, trusts another issuer or does not allow this common name'
  }
  if (/permission denied|unsupported path|no handler for route/.test(said))
    return 'no cert auth method is there'
  return 'the login was refused'
}

function denied(
  operation: (SignOperation | RevokeCertificateOperation | SecretOperation | OperateOperation) & Asker,
  capabilities: readonly string[],
  said: string,
): KeyrollerError {
  const path = pathOf(operation)
  const policies = operation.policies.join(', ') || 'none'
  const words = `the ${capabilities.length > 1 ? 'capabilities' : 'capability'} ${capabilities.join(' and ')}`
  const message = `expected ${words} on ${path}, found a token with policies ${policies}: ${said}`
  const list = capabilities.map((one) => `"${one}"`).join(', ')
  return new KeyrollerError('vault-denied', message, {
    hint: `grant in one of them: path "${path}" { capabilities = [${list}] }`,
  })
}

interface Asker {
  readonly policies: readonly string[]
}

function lacking(operation: OperateOperation, said: string): KeyrollerError {
  const { path, capability, policies } = operation
  if (policies) return denied({ ...operation, policies }, [capability], said)
  return new KeyrollerError(
    'vault-denied',
    `expected the capability ${capability} on ${path}, found: ${said}`,
    {
      hint: 'vault login as somebody who may, or give another --token FILE',
    },
  )
}

function pinRefused(operation: MappingOperation, statusCode: number, said: string): KeyrollerError {
  const path = pathOf(operation)
  if (statusCode === 404)
    return new KeyrollerError('pin-refused', `${path}: expected a mapping, found none`, {
      hint: `vault write ${path} certificate=@CERTIFICATE token_policies=POLICY, with the certificate on disk`,
    })
  if (statusCode !== 403)
    return new KeyrollerError('pin-refused', `${path}: ${said}`, { hint: `vault read ${path}` })
  const policies = operation.policies.join(', ') || 'none'
  const message = `expected the capabilities read and update on ${path}, found a token with policies ${policies}: ${said}`
  return new KeyrollerError('pin-refused', message, {
    hint: `grant in one of them: path "${path}" { capabilities = ["read", "update"] allowed_parameters = { "certificate" = [] } }`,
  })
}

/** What a mount that is not there answers without a token, 403, is what anything forbidden does. */
function noIssuer(operation: ChainOperation | IssuerOperation, said: string): KeyrollerError {
  const message = `${pathOf(operation)}: expected ${WANTED[operation.kind]}, found: ${said}`
  return new KeyrollerError('vault-denied', message, {
    hint: `see that ${operation.pkiMount} is a PKI mount with an issuer`,
  })
}

const WANTED = {
  chain: 'the chain of its issuer',
  issuers: 'its issuers',
  issuer: 'an issuer',
  'revocation-list': 'the revocation list of an issuer',
} as const

function roleRefused(operation: SignOperation, said: string): KeyrollerError {
  const { pkiMount, role, commonName, keyType } = operation
  const at = `${pkiMount}/roles/${role}`
  return new KeyrollerError(
    'role-refused',
    `${at} refused the request for ${commonName} with a key of type ${keyType}: ${said}`,
    {
      hint: `vault read ${at}`,
    },
  )
}

function failed(operation: Operation, statusCode: number, said: string): KeyrollerError {
  return new KeyrollerError('vault-failed', `${pathOf(operation)}: status ${statusCode}: ${said}`)
}
