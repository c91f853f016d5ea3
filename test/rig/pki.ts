/**
 * The server side of scenario S2: root -> intermediate at `pki-prod`, and per app an mTLS login and a leaf role, as an
 * operator would set them up. All but `setUpPki` may be repeated, which repairs what a test broke.
 */
import type { VaultAdmin } from './vault-admin.ts'

export const ROOT_MOUNT = 'pki-root'
export const PKI_MOUNT = 'pki-prod'
export const AUTH_MOUNT = 'cert'
export const ISSUER_NAME = 'PrivSec Intermediate CA (prod)'

export interface Pki {
  readonly rootPem: string
  readonly intermediatePem: string
}

/** Both authorities, and `auth/cert`. */
export async function setUpPki(vault: VaultAdmin): Promise<Pki> {
  const pki = await setUpAuthorities(vault)
  await vault.write(`sys/auth/${AUTH_MOUNT}`, { type: 'cert' })
  return pki
}

/** Mounts the two authorities, each a year old and long from its end: what `keyroller vault apply` leaves to operators. */
export async function setUpAuthorities(vault: VaultAdmin): Promise<Pki> {
  await mountPki(vault, ROOT_MOUNT, '87600h')
  await mountPki(vault, PKI_MOUNT, '43800h')
  const root = await vault.write(`${ROOT_MOUNT}/root/generate/internal`, {
    common_name: 'PrivSec Root CA',
    ttl: '87600h',
    not_before_duration: YEAR,
    ...EC_KEY,
  })
  const rootPem = pem(root.certificate)
  const intermediatePem = await signIntermediate(vault, rootPem)
  return { rootPem, intermediatePem }
}

export interface AppOptions {
  readonly app: string
  readonly pki: Pki
  /** Lifetime of the login certificate; default 30 days. */
  readonly identityTtl?: string
  /** Lifetime of the leaf; default a day. */
  readonly leafTtl?: string
}

/** The names of everything an app has on the server. */
export function appNames(app: string) {
  return {
    commonName: `agent-${app}.prod.privsec.ch`,
    leafName: `${app}.int.privsec.ch`,
    mapping: `agent-${app}`,
    identityRole: `agent-mtls-${app}`,
    leafRole: `nginx-${app}`,
    policy: `pki-issue-${app}`,
  }
}

/** Roles, policies and login mapping of one app. */
export async function setUpApp(vault: VaultAdmin, options: AppOptions): Promise<void> {
  await writeIdentityRole(vault, options.app, options.identityTtl ?? '720h')
  await writeLeafRole(vault, options.app, options.leafTtl ?? '24h')
  await writePolicies(vault, options.app)
  await writeMapping(vault, options.app, options.pki)
}

/** Exactly one name may log in, and only as a client. */
export async function writeIdentityRole(vault: VaultAdmin, app: string, ttl: string): Promise<void> {
  const names = appNames(app)
  await vault.write(`${PKI_MOUNT}/roles/${names.identityRole}`, {
    allowed_domains: [names.commonName],
    allow_bare_domains: true,
    allow_subdomains: false,
    allow_ip_sans: false,
    allow_localhost: false,
    client_flag: true,
    server_flag: false,
    ttl,
    max_ttl: ttl,
    ...EC_KEY,
  })
}

/** Servers below the two internal domains. */
export async function writeLeafRole(vault: VaultAdmin, app: string, ttl: string): Promise<void> {
  await vault.write(`${PKI_MOUNT}/roles/${appNames(app).leafRole}`, {
    allowed_domains: ['int.privsec.ch', 'prod.privsec.ch'],
    allow_bare_domains: false,
    allow_subdomains: true,
    allow_ip_sans: false,
    allow_localhost: false,
    client_flag: false,
    server_flag: true,
    ttl,
    max_ttl: ttl,
    ...EC_KEY,
  })
}

/** An app may have its own requests signed and nothing else; the marker says how its token came about. */
export async function writePolicies(vault: VaultAdmin, app: string): Promise<void> {
  const { identityRole, leafRole, policy } = appNames(app)
  const sign = (role: string) => `path "${PKI_MOUNT}/sign/${role}" { capabilities = ["update"] }`
  await vault.write(`sys/policies/acl/${policy}`, { policy: `${sign(identityRole)}\n${sign(leafRole)}\n` })
  await vault.write('sys/policies/acl/marker-cert-auth', {
    policy: 'path "auth/token/lookup-self" { capabilities = ["read"] }\n',
  })
}

/** Pinned to the issuing authority and to one common name. */
export async function writeMapping(vault: VaultAdmin, app: string, pki: Pki): Promise<void> {
  const names = appNames(app)
  await vault.write(`auth/${AUTH_MOUNT}/certs/${names.mapping}`, {
    display_name: names.mapping,
    certificate: pki.intermediatePem,
    allowed_common_names: [names.commonName],
    token_policies: [names.policy, 'marker-cert-auth'],
    token_ttl: '20m',
    token_max_ttl: '1h',
  })
}

/** No certificate can be older than its issuer; so both authorities are backdated, and leaves can be. */
const YEAR = '8760h'
const EC_KEY = { key_type: 'ec', key_bits: 256 }

async function mountPki(vault: VaultAdmin, mount: string, maxTtl: string): Promise<void> {
  await vault.write(`sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: maxTtl } })
}

/** The root goes along into the mount, as operators do, so that every answer's `ca_chain` holds a root to be left out. */
async function signIntermediate(vault: VaultAdmin, rootPem: string): Promise<string> {
  const request = await vault.write(`${PKI_MOUNT}/intermediate/generate/internal`, {
    common_name: ISSUER_NAME,
    ...EC_KEY,
  })
  const signed = await vault.write(`${ROOT_MOUNT}/root/sign-intermediate`, {
    csr: pem(request.csr),
    common_name: ISSUER_NAME,
    ttl: '43800h',
    not_before_duration: YEAR,
    max_path_length: 0,
  })
  const certificate = pem(signed.certificate)
  await vault.write(`${PKI_MOUNT}/intermediate/set-signed`, { certificate: certificate + rootPem })
  return certificate
}

/** The PEM text of a field of an answer, ended by a newline. */
export function pem(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('-----BEGIN'))
    throw new Error(`no PEM: ${String(value)}`)
  return value.endsWith('\n') ? value : `${value}\n`
}
