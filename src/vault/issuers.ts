import { objectIn, type TextShape, textIn, textsIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { ANSWER_LIMIT_BYTES } from './exchange.ts'
import { type IssuerOperation, pathOf } from './operation.ts'
import type { Answer } from './refusal.ts'
import { refusalOf } from './refusal.ts'

/**
 * What anybody may read of the issuers of a mount, as PEM and not judged:
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#list-issuers, #read-issuer, #read-issuer-crl. Each throws
 * `vault-denied` when there is none, `vault-answer-invalid`, and what a transport throws.
 */
export interface Issuers {
  readonly refs: () => Promise<string[]>
  /** `default` is the issuer of roles that name none. */
  readonly certificate: (ref: string) => Promise<string>
  readonly revocationList: (ref: string) => Promise<string>
}

export function openIssuers(client: VaultClient, pkiMount: string): Issuers {
  const read = async (operation: IssuerOperation, field: string, shape: TextShape) =>
    textIn(dataOf(operation, await client.read(operation)), field, shape, pathOf(operation))
  return {
    refs: async () => {
      const operation: IssuerOperation = { kind: 'issuers', pkiMount }
      const data = dataOf(operation, await client.list(operation))
      return textsIn(data, 'keys', REF, MAX_ISSUERS, pathOf(operation))
    },
    certificate: (issuer) => read({ kind: 'issuer', pkiMount, issuer }, 'certificate', PEM_CERTIFICATE),
    revocationList: (issuer) => read({ kind: 'revocation-list', pkiMount, issuer }, 'crl', PEM_LIST),
  }
}

function dataOf(operation: IssuerOperation, answer: Answer): Record<string, unknown> {
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  return objectIn(answer.body, 'data', pathOf(operation))
}

/** A mount that has been rotated for years has some; each costs a request. */
const MAX_ISSUERS = 100

/** It becomes part of a path. */
const REF: TextShape = { pattern: /^[\w-]+$/, maxChars: 64, words: 'the id of an issuer' }
const PEM_CERTIFICATE: TextShape = {
  pattern: /-----BEGIN CERTIFICATE-----/,
  maxChars: ANSWER_LIMIT_BYTES,
  words: 'a PEM certificate',
}
const PEM_LIST: TextShape = {
  pattern: /-----BEGIN X509 CRL-----/,
  maxChars: ANSWER_LIMIT_BYTES,
  words: 'a PEM revocation list',
}
