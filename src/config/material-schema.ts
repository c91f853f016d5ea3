/** Identities and certificates as they are written. */
import * as z from 'zod/mini'
import { KEY_TYPES } from '../core/key-type.ts'
import { MAPPING_PINS } from '../core/material.ts'
import { files } from './files-schema.ts'
import {
  absolutePath,
  commonName,
  dnsName,
  duration,
  email,
  ipAddress,
  materialName,
  mountPath,
  principal,
  renewAt,
  uri,
  vaultName,
} from './formats.ts'
import { ephemeral, layout } from './placement-schema.ts'
import { onUnserved, probe } from './probe-schema.ts'
import { reload } from './reload-schema.ts'
import { certificateServer, identityServer } from './server-schema.ts'
import { subject } from './subject-schema.ts'
import { told } from './told.ts'
import { windows } from './window-schema.ts'

const keyType = z.enum(KEY_TYPES, { error: `one of ${KEY_TYPES.join(', ')}` })

const mappingPins = z.enum(MAPPING_PINS, { error: `one of ${MAPPING_PINS.join(', ')}` })

const issued = {
  role: told('PKI role the signing request goes to', vaultName),
  pki_mount: z.optional(mountPath),
  trust_file: z.optional(absolutePath),
  common_name: commonName,
  dns_names: told('DNS names beside the common name', z._default(z.array(dnsName), [])),
  ip_addresses: z._default(z.array(ipAddress), []),
  uris: z._default(z.array(uri), []),
  emails: z._default(z.array(email), []),
  subject: told('fields beside the common name', z.optional(subject)),
  key_type: z._default(keyType, 'ec-p256'),
  reuse_key: told('certify the key on disk again', z._default(z.boolean({ error: 'true or false' }), false)),
  issuer_name: told('common name the direct issuer must have', z.optional(z.string().check(z.minLength(1)))),
  ttl: told('asked lifetime; without it the role decides', z.optional(duration)),
  renew_at: z.optional(renewAt),
  windows: told('instead of those of [renewal]; an empty list is at any time', z.optional(windows)),
  ephemeral,
  owner: told('of all its files', z.optional(principal)),
  group: told('of all its files', z.optional(principal)),
  files,
  layout,
  reload: z._default(reload, []),
  probe: z.optional(probe),
  on_unserved: onUnserved,
}

export const identity = z.strictObject({
  auth_mount: told('mount of the cert auth method', z._default(mountPath, 'cert')),
  mapping: told('name under auth/MOUNT/certs', vaultName),
  mapping_pins: told(
    'what the mapping trusts: the authority that signs, or the certificate of this host alone',
    z._default(mappingPins, 'authority'),
  ),
  ...issued,
  server: told('for keyroller vault', z.optional(identityServer)),
})

export const certificate = z.strictObject({
  identity: told('the identity whose login signs it', materialName),
  inbox: told('directory into which an orchestrator puts the next pair', z.optional(absolutePath)),
  ...issued,
  server: told('for keyroller vault', z.optional(certificateServer)),
})

export type WrittenMaterial = z.output<typeof identity> | z.output<typeof certificate>
