import { X509Certificate } from 'node:crypto'
import { must } from './command.ts'
import { ISSUER_NAME, PKI_MOUNT, pem } from './pki.ts'
import type { VaultAdmin } from './vault-admin.ts'

/** A key made here and the certificate Vault signed for it. */
export interface SignedPair {
  readonly keyPem: string
  readonly certPem: string
  /** Certificate and intermediates, no root. */
  readonly fullchainPem: string
  /** Hex, upper case, as `X509Certificate.serialNumber`. */
  readonly serial: string
}

export interface PairOptions {
  readonly commonName: string
  readonly usage: 'client' | 'server'
  /** Whole lifetime. */
  readonly lifetimeMs: number
  /** How much of it has gone by already; default 0. So a certificate can be due, or days old, at once. */
  readonly ageMs?: number
  readonly dnsNames?: readonly string[]
}

/**
 * What an operator put in place before keyroller came: a pair signed through `pki-prod/sign` under a role of its own, so
 * that the roles of scenario S2 stay as they are.
 */
export async function signPair(vault: VaultAdmin, options: PairOptions): Promise<SignedPair> {
  const ageMs = options.ageMs ?? 0
  const { keyPem, csr } = await keyAndRequest(options.commonName)
  await vault.write(`${PKI_MOUNT}/roles/bootstrap`, bootstrapRole(options.usage, ageMs))
  const signed = await vault.write(`${PKI_MOUNT}/sign/bootstrap`, {
    csr,
    common_name: options.commonName,
    alt_names: (options.dnsNames ?? []).join(','),
    ttl: `${Math.ceil((options.lifetimeMs - ageMs) / 1000)}s`,
  })
  const certPem = pem(signed.certificate)
  return { keyPem, certPem, fullchainPem: certPem + issuerOf(signed.ca_chain), serial: serialOf(certPem) }
}

/** openssl puts both on its standard output, the key first. */
async function keyAndRequest(commonName: string): Promise<{ keyPem: string; csr: string }> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-']
  const output = await must(['openssl', 'req', ...key, '-subj', `/CN=${commonName}`])
  const start = output.indexOf('-----BEGIN CERTIFICATE REQUEST-----')
  return { keyPem: output.slice(0, start), csr: output.slice(start) }
}

export function serialOf(certPem: string): string {
  return new X509Certificate(certPem).serialNumber
}

function bootstrapRole(usage: PairOptions['usage'], ageMs: number): object {
  return {
    allow_any_name: true,
    client_flag: usage === 'client',
    server_flag: usage === 'server',
    key_type: 'ec',
    key_bits: 256,
    // Backdated: https://developer.hashicorp.com/vault/api-docs/secret/pki#not_before_duration
    not_before_duration: `${Math.floor(ageMs / 1000)}s`,
  }
}

function issuerOf(chain: unknown): string {
  const issuers = Array.isArray(chain) ? chain.map(pem) : []
  return issuers.filter((one) => new X509Certificate(one).subject.includes(ISSUER_NAME)).join('')
}
