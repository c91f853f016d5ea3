/** What operators do when an authority of scenario S2 is replaced. */
import { ISSUER_NAME, PKI_MOUNT, pem, ROOT_MOUNT } from './pki.ts'
import type { VaultAdmin } from './vault-admin.ts'

/** A new root at a mount of its own; its PEM. */
export async function makeRoot(vault: VaultAdmin, mount: string, commonName: string): Promise<string> {
  await vault.write(`sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } })
  const root = await vault.write(`${mount}/root/generate/internal`, {
    common_name: commonName,
    ttl: '87600h',
    key_type: 'ec',
  })
  return pem(root.certificate)
}

/** Another intermediate of the same name becomes the default issuer of `pki-prod`, beside the one there; its PEM. */
export async function rotateIssuer(vault: VaultAdmin, rootMount: string = ROOT_MOUNT): Promise<string> {
  const { csr } = await vault.write(`${PKI_MOUNT}/intermediate/generate/internal`, {
    common_name: ISSUER_NAME,
    key_type: 'ec',
  })
  const { certificate } = await vault.write(`${rootMount}/root/sign-intermediate`, {
    ...{ csr, common_name: ISSUER_NAME, ttl: '43800h' },
  })
  const set = await vault.write(`${PKI_MOUNT}/intermediate/set-signed`, { certificate })
  const [issuer] = set.imported_issuers as string[]
  await vault.write(`${PKI_MOUNT}/config/issuers`, { default: issuer })
  return pem(certificate)
}
