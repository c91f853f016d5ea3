import type { VaultClient } from './client.ts'
import type { RevokeCertificateOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'

export interface RevocationRequest {
  readonly pkiMount: string
  readonly serial: string
  readonly proof: RevocationProof
}

export interface RevocationProof {
  readonly certificatePem: string
  /** Of the certificate that is revoked, for a host that may revoke its own only. */
  readonly keyPem?: string
}

/**
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#revoke-certificate and #revoke-certificate-with-private-key. A
 * certificate that is revoked already is revoked. Throws `vault-denied` when the policy lacks the capability.
 */
export async function revokeCertificate(
  client: VaultClient,
  policies: readonly string[],
  { pkiMount, serial, proof }: RevocationRequest,
): Promise<void> {
  const withKey = proof.keyPem !== undefined
  const operation: RevokeCertificateOperation = {
    kind: 'revoke-certificate',
    ...{ pkiMount, serial, withKey, policies },
  }
  const key = withKey ? { private_key: proof.keyPem } : {}
  const answer = await client.write(operation, { certificate: proof.certificatePem, ...key })
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
}
