/**
 * The configuration as it is written. Strict: an unknown key is a problem, not a surprise at expiry. The JSON Schema for
 * editors is made from this (`keyroller config schema`), and docs/configure.md names every key; a test compares them.
 * zod's mini form: it is built at every start, and takes a quarter of the time of the classic one.
 */
import * as z from 'zod/mini'
import { REVOKE_MODES } from '../core/host-config.ts'
import { bundle } from './bundle-schema.ts'
import { credential } from './credential-schema.ts'
import { fleet } from './fleet-schema.ts'
import {
  absolutePath,
  credentialName,
  dnsName,
  duration,
  httpsAddress,
  materialName,
  mountPath,
  namespace,
  prometheusFile,
  renewAt,
  spread,
  timeout,
} from './formats.ts'
import { keysetSchema } from './keyset-schema.ts'
import { certificate, identity } from './material-schema.ts'
import { notify } from './notify-schema.ts'
import { secret } from './secret-schema.ts'
import { told } from './told.ts'
import { windowFloor, windows } from './window-schema.ts'

const NO_ADDRESS = { error: 'an https:// address, or a list of them' }
const addresses = z.union([httpsAddress, z.array(httpsAddress).check(z.minLength(1, NO_ADDRESS))], NO_ADDRESS)

const vault = z.strictObject({
  address: told(
    'the server, or several in the order in which they are tried; BAO_ADDR and VAULT_ADDR win over it',
    z.optional(addresses),
  ),
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

const atATime = z
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
  windows: told('when renewals that can wait may happen; default: at any time', z._default(windows, [])),
  window_floor: told(
    'what must be left of a life for a renewal to wait for a window',
    z._default(windowFloor, '1/6'),
  ),
  spread: told('share of the lifetime over which the hosts of a fleet spread', z._default(spread, '1/20')),
  run_timeout: told('deadline of a whole run', z._default(timeout, '10m')),
  concurrency: told('requests to Vault at a time', z._default(atATime, 8)),
  max_parallel: told('consumers told at a time, of those alike in order', z._default(atATime, 1)),
  look_every: told(
    'how long the server may go unseen before a run looks for an upgrade',
    z._default(duration, '1d'),
  ),
  check_revocation: told(
    'whether that look also asks the revocation lists for the certificates installed here',
    z._default(z.boolean({ error: 'true or false' }), false),
  ),
})

const keep = z
  .int({ error: 'a whole number from 0 to 16' })
  .check(
    z.minimum(0, { error: 'a whole number from 0 to 16' }),
    z.maximum(16, { error: 'a whole number from 0 to 16' }),
  )

const previous = z.strictObject({
  keep: told('earlier certificates of each material to keep for a rollback', z._default(keep, 1)),
  grace: told('how long after they were replaced', z._default(duration, '7d')),
  shred: told(
    'whether keys are overwritten before they are removed',
    z._default(z.boolean({ error: 'true or false' }), true),
  ),
  revoke: told(
    'whether their certificates are revoked first: any by PKI/revoke, own-key by PKI/revoke-with-key',
    z._default(z.enum(REVOKE_MODES, { error: `one of ${REVOKE_MODES.join(', ')}` }), 'no'),
  ),
})

const kv = z.strictObject({
  mount: told('KV mount of every secret that names none', z._default(mountPath, 'secret')),
})

const metrics = z.strictObject({
  textfile: told(
    'file for the textfile collector of node_exporter, written by every run; unset is none',
    z.optional(prometheusFile),
  ),
})

const host = z.strictObject({ state_dir: z.optional(absolutePath), runtime_dir: z.optional(absolutePath) })

export const configSchema = z.strictObject({
  vault: z.prefault(vault, {}),
  pki: z.prefault(pki, {}),
  kv: z.prefault(kv, {}),
  renewal: z.prefault(renewal, {}),
  previous: z.prefault(previous, {}),
  metrics: z.prefault(metrics, {}),
  notify: z.prefault(notify, {}),
  host: z.prefault(host, {}),
  fleet: z.optional(fleet),
  agents: z.prefault(z.strictObject({ binaries: z._default(z.array(absolutePath), []) }), {}),
  podman: z.prefault(z.strictObject({ socket: z.optional(absolutePath) }), {}),
  identity: z._default(z.record(materialName, identity), {}),
  certificate: z._default(z.record(materialName, certificate), {}),
  bundle: z._default(z.record(materialName, bundle), {}),
  secret: z._default(z.record(materialName, secret), {}),
  keyset: z._default(z.record(materialName, z.lazy(keysetSchema)), {}),
  credential: z._default(z.record(credentialName, credential), {}),
})

export type WrittenConfig = z.output<typeof configSchema>

/** JSON Schema (draft 2020-12) of one configuration file, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })
  return { title: 'keyroller configuration', ...schema }
}
