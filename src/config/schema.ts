/**
 * The configuration as it is written. Strict: an unknown key is a problem, not a surprise at expiry. The JSON Schema for
 * editors is made from this (`keyroller config schema`), and docs/configure.md names every key; a test compares them.
 * zod's mini form: it is built at every start, and takes a quarter of the time of the classic one.
 */
import * as z from 'zod/mini'
import {
  CERT_FORMATS,
  COMBINED_PARTS,
  type CombinedPart,
  type FileFormat,
  KEY_FORMATS,
  KEY_TYPES,
} from '../core/material.ts'
import { SIGNALS } from '../core/target.ts'
import {
  absolutePath,
  commonName,
  containerLabel,
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
  timeout,
  unitName,
  uri,
  vaultName,
} from './formats.ts'
import { parseReload, RELOAD_TEXTS, type WrittenReload } from './reload-target.ts'

// It compiles a parser per object with `new Function` otherwise: a gain from the second parse on, and there is only one.
z.config({ jitless: true })

/** A key with what it means, for the JSON Schema. A copy, because the description belongs to the key, not to its format. */
function told<T extends z.ZodMiniType>(description: string, schema: T): T {
  const key = schema.clone()
  z.globalRegistry.add(key, { description })
  return key as T
}

const vault = z.strictObject({
  address: told('the server; BAO_ADDR and VAULT_ADDR win over it', z.optional(httpsAddress)),
  ca_file: told(
    'PEM file of the authorities the server certificate is trusted from',
    z.optional(absolutePath),
  ),
  server_name: told(
    'name to expect in the server certificate; default: the host of the address',
    z.optional(dnsName),
  ),
  namespace: told('X-Vault-Namespace of every request', z.optional(namespace)),
  timeout: told('deadline of one call, connect to last byte', z._default(timeout, '30s')),
})

const pki = z.strictObject({
  mount: told('PKI mount of every identity and certificate that names none', z.optional(mountPath)),
  trust_file: told('PEM file of the anchors issued chains must end in', z.optional(absolutePath)),
})

const concurrency = z
  .int({ error: 'a whole number from 1 to 64' })
  .check(
    z.minimum(1, { error: 'a whole number from 1 to 64' }),
    z.maximum(64, { error: 'a whole number from 1 to 64' }),
  )

const renewal = z.strictObject({
  renew_at: told(
    'share of the own lifetime, or the time that must always be left',
    z._default(renewAt, '2/3'),
  ),
  spread: told('share of the lifetime over which the hosts of a fleet spread', z._default(spread, '1/20')),
  run_timeout: told('deadline of a whole run', z._default(timeout, '10m')),
  concurrency: told('requests to Vault at a time', z._default(concurrency, 16)),
})

const placed = {
  path: absolutePath,
  mode: told('default: 0600 where the key is, 0644 for the rest', z.optional(mode)),
  owner: z.optional(principal),
  group: z.optional(principal),
}

const plainTable = z.strictObject(placed)
const fileOrPath = z.union([absolutePath, plainTable], {
  error: 'an absolute path, or a table with path, mode, owner, group',
})

const keyFormat = z.enum(KEY_FORMATS, { error: `one of ${KEY_FORMATS.join(', ')}` })
const keyTable = z.strictObject({
  ...placed,
  format: told('PEM as pkcs8, pkcs1 (RSA) or sec1 (EC); der is PKCS#8', z.optional(keyFormat)),
})
const keyFile = z.union([absolutePath, keyTable], {
  error: 'an absolute path, or a table with path, format, mode, owner, group',
})

const certFormat = z.enum(CERT_FORMATS, { error: `one of ${CERT_FORMATS.join(', ')}` })
const certTable = z.strictObject({ ...placed, format: told('default: pem', z.optional(certFormat)) })
const certFile = z.union([absolutePath, certTable], {
  error: 'an absolute path, or a table with path, format, mode, owner, group',
})

const combinedOrder = z.array(z.enum(COMBINED_PARTS, { error: `one of ${COMBINED_PARTS.join(', ')}` })).check(
  // TLS sends the leaf first (RFC 8446 §4.4.2), and what reads one file takes the first certificate for the leaf.
  z.refine(
    (order) => order.toSorted().join() === 'cert,chain,key' && order.indexOf('cert') < order.indexOf('chain'),
    {
      error: 'cert, chain and key, each once, cert before chain',
    },
  ),
)
const combinedTable = z.strictObject({
  ...placed,
  order: told('default: cert, chain, key', z.optional(combinedOrder)),
})
const combinedFile = z.union([absolutePath, combinedTable], {
  error: 'an absolute path, or a table with path, order, mode, owner, group',
})

const pkcs12File = z.strictObject(
  {
    ...placed,
    password_file: told('file with the password in its first line', absolutePath),
    name: told(
      'friendly name, the alias of Java; default: the name of the material',
      z.optional(materialName),
    ),
  },
  { error: 'a table with path, password_file, name, mode, owner, group' },
)

const files = z
  .strictObject({
    key: told('the private key', z.optional(keyFile)),
    cert: told('the certificate alone', z.optional(certFile)),
    chain: told('the intermediates', z.optional(fileOrPath)),
    fullchain: told('the certificate, then the intermediates', z.optional(fileOrPath)),
    ca: told('the trust anchors', z.optional(fileOrPath)),
    combined: told('certificate, intermediates and key in one PEM file', z.optional(combinedFile)),
    pkcs12: told('certificate, intermediates and key under a password', z.optional(pkcs12File)),
  })
  .check(
    // Without both, every run would find a part missing and have another certificate issued.
    z.refine(({ key, combined }) => key !== undefined || combined !== undefined, {
      error: 'key or combined',
    }),
    z.refine(
      ({ key, cert, fullchain, combined }) =>
        key === undefined || (cert ?? fullchain ?? combined) !== undefined,
      {
        error: 'cert, fullchain or combined beside the key',
      },
    ),
  )

const signal = z._default(z.enum(SIGNALS, { error: `one of ${SIGNALS.join(', ')}` }), 'HUP')
const reloadTimeout = z.optional(timeout)
const reloadTarget = z.union(
  [
    told(RELOAD_TEXTS, z.string().check(z.minLength(1, { error: RELOAD_TEXTS }))),
    z.strictObject({ podman: containerName, signal, timeout: reloadTimeout }),
    z.strictObject({ podman_label: containerLabel, signal, timeout: reloadTimeout }),
    z.strictObject({ systemd: unitName, timeout: reloadTimeout }),
    z.strictObject({ exec: z.tuple([absolutePath], z.string()), timeout: reloadTimeout }),
  ],
  { error: `a reload target: ${RELOAD_TEXTS}, or its long form` },
)

const reload = z
  .array(reloadTarget.check(z.superRefine(isTarget)))
  // Also when another entry has a fault: all problems are told at once.
  .check(z.superRefine(eachOnce, { when: ({ value }) => Array.isArray(value) }))

interface Refinement {
  addIssue(issue: string | { readonly code: 'custom'; readonly message: string; path: PropertyKey[] }): void
}

/** What a table says is checked key by key already. */
function isTarget(written: WrittenReload, context: Refinement): void {
  const target = typeof written === 'string' ? parseReload(written) : undefined
  if (target && 'expected' in target) context.addIssue(target.expected)
}

function eachOnce(all: readonly WrittenReload[], context: Refinement): void {
  const seen = new Set<string>()
  for (const [index, written] of all.entries()) {
    const target = reloadTarget.safeParse(written).success ? parseReload(written) : undefined
    if (!target || 'expected' in target) continue
    if (seen.has(target.text))
      context.addIssue({ code: 'custom', message: 'each target once', path: [index] })
    seen.add(target.text)
  }
}

const probe = z.strictObject({
  connect: told('HOST:PORT where a TLS client meets the certificate', endpoint),
  server_name: told('SNI and expected name; default: the common name', z.optional(dnsName)),
  timeout: told('how long to poll until the new certificate is served', z._default(timeout, '15s')),
})

const keyType = z.enum(KEY_TYPES, { error: `one of ${KEY_TYPES.join(', ')}` })

const issued = {
  role: told('PKI role the signing request goes to', vaultName),
  pki_mount: z.optional(mountPath),
  trust_file: z.optional(absolutePath),
  common_name: commonName,
  dns_names: told('DNS names beside the common name', z._default(z.array(dnsName), [])),
  ip_addresses: z._default(z.array(ipAddress), []),
  uris: z._default(z.array(uri), []),
  key_type: z._default(keyType, 'ec-p256'),
  issuer_name: told('common name the direct issuer must have', z.optional(z.string().check(z.minLength(1)))),
  ttl: told('asked lifetime; without it the role decides', z.optional(duration)),
  renew_at: z.optional(renewAt),
  owner: told('of all its files', z.optional(principal)),
  group: told('of all its files', z.optional(principal)),
  files,
  reload: z._default(reload, []),
  probe: z.optional(probe),
}

const identity = z.strictObject({
  auth_mount: told('mount of the cert auth method', z._default(mountPath, 'cert')),
  mapping: told('name under auth/MOUNT/certs', vaultName),
  ...issued,
})

const certificate = z.strictObject({
  identity: told('the identity whose login signs it', materialName),
  ...issued,
})

const host = z.strictObject({ state_dir: z.optional(absolutePath), runtime_dir: z.optional(absolutePath) })

export const configSchema = z.strictObject({
  vault: z.prefault(vault, {}),
  pki: z.prefault(pki, {}),
  renewal: z.prefault(renewal, {}),
  host: z.prefault(host, {}),
  agents: z.prefault(z.strictObject({ binaries: z._default(z.array(absolutePath), []) }), {}),
  podman: z.prefault(z.strictObject({ socket: z.optional(absolutePath) }), {}),
  identity: z._default(z.record(materialName, identity), {}),
  certificate: z._default(z.record(materialName, certificate), {}),
})

export type WrittenConfig = z.output<typeof configSchema>
export type WrittenMaterial = WrittenConfig['identity'][string] | WrittenConfig['certificate'][string]
/** What a table of any role can say. */
export interface WrittenFileTable extends z.output<typeof plainTable> {
  readonly format?: FileFormat | undefined
  readonly order?: readonly CombinedPart[] | undefined
  readonly password_file?: string | undefined
  readonly name?: string | undefined
}

/** JSON Schema (draft 2020-12) of one configuration file, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })
  return { title: 'keyroller configuration', ...schema }
}
