/**
 * The configuration as it is written. Strict: an unknown key is a problem, not a surprise at expiry. The JSON Schema for
 * editors is made from this (`keyroller config schema`), and docs/configure.md names every key; a test compares them.
 */
import { z } from 'zod'
import { KEY_TYPES } from '../core/material.ts'
import { SIGNALS } from '../core/target.ts'
import {
  absolutePath,
  commonName,
  containerName,
  dnsName,
  duration,
  endpoint,
  httpsAddress,
  ipAddress,
  materialName,
  mode,
  mountPath,
  namespace,
  principal,
  renewAt,
  spread,
  unitName,
  uri,
  vaultName,
} from './formats.ts'

const vault = z.strictObject({
  address: httpsAddress.optional().describe('the server; BAO_ADDR and VAULT_ADDR win over it'),
  ca_file: absolutePath
    .optional()
    .describe('PEM file of the authorities the server certificate is trusted from'),
  server_name: dnsName
    .optional()
    .describe('name to expect in the server certificate; default: the host of the address'),
  namespace: namespace.optional().describe('X-Vault-Namespace of every request'),
  timeout: duration.default('30s').describe('deadline of one call, connect to last byte'),
})

const pki = z.strictObject({
  mount: mountPath.optional().describe('PKI mount of every identity and certificate that names none'),
  trust_file: absolutePath.optional().describe('PEM file of the anchors issued chains must end in'),
})

const renewal = z.strictObject({
  renew_at: renewAt
    .default('2/3')
    .describe('share of the own lifetime, or the time that must always be left'),
  spread: spread.default('1/20').describe('share of the lifetime over which the hosts of a fleet spread'),
  run_timeout: duration.default('10m').describe('deadline of a whole run'),
  concurrency: z
    .int({ error: 'a whole number from 1 to 64' })
    .min(1)
    .max(64)
    .default(16)
    .describe('requests to Vault at a time'),
})

const file = z.strictObject({
  path: absolutePath,
  mode: mode.optional().describe('default: 0600 for the key, 0644 for the rest'),
  owner: principal.optional(),
  group: principal.optional(),
})

const fileOrPath = z.union([absolutePath, file], {
  error: 'an absolute path, or a table with path, mode, owner, group',
})

const files = z.strictObject({
  key: fileOrPath.describe('the private key, PKCS#8 PEM'),
  cert: fileOrPath.optional().describe('the certificate alone'),
  chain: fileOrPath.optional().describe('the intermediates'),
  fullchain: fileOrPath.optional().describe('the certificate, then the intermediates'),
  ca: fileOrPath.optional().describe('the trust anchors'),
})

const signal = z.enum(SIGNALS).default('HUP')
const reload = z.union(
  [
    z.string().min(1).describe('podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT, exec:/PROGRAM'),
    z.strictObject({ podman: containerName, signal, timeout: duration.optional() }),
    z.strictObject({ podman_label: z.string().min(1), signal, timeout: duration.optional() }),
    z.strictObject({ systemd: unitName, timeout: duration.optional() }),
    z.strictObject({ exec: z.tuple([absolutePath], z.string()), timeout: duration.optional() }),
  ],
  {
    error:
      'a reload target: podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT, exec:/PROGRAM, or its long form',
  },
)

const probe = z.strictObject({
  connect: endpoint.describe('HOST:PORT where a TLS client meets the certificate'),
  server_name: dnsName.optional().describe('SNI and expected name; default: the common name'),
  timeout: duration.default('15s').describe('how long to poll until the new certificate is served'),
})

const issued = {
  role: vaultName.describe('PKI role the signing request goes to'),
  pki_mount: mountPath.optional(),
  trust_file: absolutePath.optional(),
  common_name: commonName,
  dns_names: z.array(dnsName).default([]).describe('DNS names beside the common name'),
  ip_addresses: z.array(ipAddress).default([]),
  uris: z.array(uri).default([]),
  key_type: z.enum(KEY_TYPES, { error: `one of ${KEY_TYPES.join(', ')}` }).default('ec-p256'),
  issuer_name: z.string().min(1).optional().describe('common name the direct issuer must have'),
  ttl: duration.optional().describe('asked lifetime; without it the role decides'),
  renew_at: renewAt.optional(),
  owner: principal.optional().describe('of all its files'),
  group: principal.optional().describe('of all its files'),
  files,
  reload: z.array(reload).default([]),
  probe: probe.optional(),
}

const identity = z.strictObject({
  auth_mount: mountPath.default('cert').describe('mount of the cert auth method'),
  mapping: vaultName.describe('name under auth/MOUNT/certs'),
  ...issued,
})

const certificate = z.strictObject({
  identity: materialName.describe('the identity whose login signs it'),
  ...issued,
})

export const configSchema = z.strictObject({
  vault: vault.prefault({}),
  pki: pki.prefault({}),
  renewal: renewal.prefault({}),
  host: z
    .strictObject({ state_dir: absolutePath.optional(), runtime_dir: absolutePath.optional() })
    .prefault({}),
  agents: z.strictObject({ binaries: z.array(absolutePath).default([]) }).prefault({}),
  podman: z.strictObject({ socket: absolutePath.optional() }).prefault({}),
  identity: z.record(materialName, identity).default({}),
  certificate: z.record(materialName, certificate).default({}),
})

export type WrittenConfig = z.output<typeof configSchema>
export type WrittenMaterial = WrittenConfig['identity'][string] | WrittenConfig['certificate'][string]
export type WrittenFile = z.output<typeof fileOrPath>
export type WrittenReload = z.output<typeof reload>

/** JSON Schema (draft 2020-12) of one configuration file, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })
  return { title: 'keyroller configuration', ...schema }
}
