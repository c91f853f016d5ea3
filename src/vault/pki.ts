import type { Issuance } from '../core/material.ts'
import { objectIn, type TextShape, textIn, textsIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { ANSWER_LIMIT_BYTES } from './exchange.ts'
import { type ChainOperation, pathOf, type SignOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'

export interface SignRequest {
  readonly issuance: Issuance
  readonly csrPem: string
}

/** What Vault answered. Nothing of it is judged yet, not even that each text is one whole certificate: see core/judgement. */
export interface SignedCertificate {
  readonly certificatePem: string
  /** Leaf's issuer first, without roots; empty when a root issues directly. */
  readonly caChainPems: readonly string[]
  readonly issuingCaPem: string
}

/**
 * Has a signing request signed under a role. Throws `vault-denied` when the policy lacks the capability, `role-refused`
 * with Vault's sentence when the role does not allow what is asked, `vault-answer-invalid` when no certificates come back.
 */
export async function signRequest(
  client: VaultClient,
  policies: readonly string[],
  request: SignRequest,
): Promise<SignedCertificate> {
  const { pkiMount, role, commonName, keyType } = request.issuance
  const operation: SignOperation = {
    kind: 'sign',
    ...{ pkiMount, role, commonName, keyType, policies },
  }
  const answer = await client.write(operation, signBody(request))
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  const data = objectIn(answer.body, 'data', where)
  return {
    certificatePem: textIn(data, 'certificate', PEM_CERTIFICATE, where),
    caChainPems: textsIn(data, 'ca_chain', PEM_CERTIFICATE, MAX_CHAIN, where),
    issuingCaPem: textIn(data, 'issuing_ca', PEM_CERTIFICATE, where),
  }
}

/**
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate. The names go along beside the request, because
 * a role may be set to take them from either (`use_csr_common_name`, `use_csr_sans`, `serial_number_source`).
 */
function signBody({ issuance, csrPem }: SignRequest): object {
  const altNames = [...issuance.dnsNames, ...issuance.emails]
  const [serialNumber] = issuance.subject.serialNumber ?? []
  return {
    csr: csrPem,
    format: 'pem',
    remove_roots_from_chain: true,
    common_name: issuance.commonName,
    // A comma-separated string in the API, which knows email addresses by their @; the two below are lists.
    ...(altNames.length === 0 ? {} : { alt_names: altNames.join(',') }),
    ...(issuance.ipAddresses.length === 0 ? {} : { ip_sans: issuance.ipAddresses }),
    ...(issuance.uris.length === 0 ? {} : { uri_sans: issuance.uris }),
    ...(serialNumber === undefined ? {} : { serial_number: serialNumber }),
    ...(issuance.ttlMs === undefined ? {} : { ttl: `${Math.round(issuance.ttlMs / 1000)}s` }),
  }
}

/**
 * The certificate of the mount's default issuer and those above it, as PEM; asked without a token. Nothing of it is judged.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-certificate. Throws `vault-denied` when there is no such mount,
 * `vault-answer-invalid` when it has no issuer.
 */
export async function readIssuerChain(client: VaultClient, pkiMount: string): Promise<string> {
  const operation: ChainOperation = { kind: 'chain', pkiMount }
  const answer = await client.read(operation)
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  return textIn(objectIn(answer.body, 'data', where), 'certificate', PEM_CERTIFICATE, where)
}

/** As cert-manager has it. */
const MAX_CHAIN = 10

/** Enough to tell a Vault that signs badly from something that is no Vault. */
const PEM_CERTIFICATE: TextShape = {
  pattern: /-----BEGIN CERTIFICATE-----/,
  maxChars: ANSWER_LIMIT_BYTES,
  words: 'a PEM certificate',
}
