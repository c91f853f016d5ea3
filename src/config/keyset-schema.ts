/** Keysets as they are written. */
import * as z from 'zod/mini'
import { KEY_ENCODINGS } from '../core/file-spec.ts'
import { KEY_KINDS } from '../core/keysets/document.ts'
import { KID_RULES } from '../core/material.ts'
import { placed } from './files-schema.ts'
import {
  absolutePath,
  controlPlaneText,
  duration,
  httpUrl,
  materialName,
  mountPath,
  oneLineText,
  principal,
  program,
  secretPath,
  variableName,
} from './formats.ts'
import { ephemeral, layout } from './placement-schema.ts'
import { execProbe } from './probe-schema.ts'
import { reload } from './reload-schema.ts'
import { told } from './told.ts'

/** Built by the first keyset that is read: every start pays for what is built, and few hosts have one. */
export function keysetSchema() {
  return z.strictObject({
    ...keys(),
    ...life(),
    ...around(),
    ...push(),
    owner: told('of all its files', z.optional(principal)),
    group: told('of all its files', z.optional(principal)),
    files: files(),
    layout,
    ephemeral,
    reload: z._default(reload, []),
  })
}

const RAW = { error: 'a whole number from 16 to 4096' }

function keys() {
  return {
    kind: told('of the keys that are made', z.enum(KEY_KINDS, { error: `one of ${KEY_KINDS.join(', ')}` })),
    bytes: told(
      'length of a raw key',
      z._default(z.int(RAW).check(z.minimum(16, RAW), z.maximum(4096, RAW)), 32),
    ),
    kid: told(
      'version: vN; thumbprint: of RFC 7638',
      z._default(z.enum(KID_RULES, { error: `one of ${KID_RULES.join(', ')}` }), 'version'),
    ),
  }
}

function life() {
  return {
    rotate_every: told('from one activation to the next', z._default(duration, '90d')),
    publish_ahead: told('how long a version is known before it is in use', z._default(duration, '7d')),
    longest_lifetime: told('of what is signed or encrypted with it', duration),
    accept_for: told(
      'how long a version is accepted after it was in use; default: longest_lifetime and a day',
      z.optional(duration),
    ),
    leave_hosts_after: told(
      'how long an activation waits for hosts that do not know the version; default: for ever',
      z.optional(duration),
    ),
    at_end: told(
      'what becomes of the key of a retired version; default: by kind',
      z.optional(z.enum(['archive', 'destroy'], { error: 'one of archive, destroy' })),
    ),
    under_hold: told(
      'whether a version under legal hold stays accepted; default: by kind',
      z.optional(z.enum(['retire', 'accept'], { error: 'one of retire, accept' })),
    ),
    legal_hold: told('why nothing of it may be lost; unset: nothing says so', z.optional(oneLineText)),
  }
}

/** Whom it is shared with, and who is asked. */
function around() {
  return {
    shared: told('a fleet shares it in a KV engine; unset: it is this host alone', z.optional(shared())),
    refresh_every: told('how often a shared one is looked at', z._default(duration, '1h')),
    control_plane: told('what must answer before a version is put in use', z.optional(controlPlane())),
    probe: told(
      'programs that say whether consumers know the versions',
      z.optional(
        z.union([execProbe, z.array(execProbe)], { error: 'a table with exec; or a list of such tables' }),
      ),
    ),
  }
}

function push() {
  return {
    inbox: told('directory into which an orchestrator puts the next version', z.optional(absolutePath)),
    push_keys: told('public keys that sign what is pushed', z.optional(absolutePath)),
    push_ca: told('authorities whose certificates sign what is pushed', z.optional(absolutePath)),
    on_retired: told('a program that takes a retired version off its register', z.optional(program)),
    stale_files: told(
      'what keyset recover removes before it restarts the consumers',
      z._default(z.array(absolutePath), []),
    ),
  }
}

function shared() {
  return z.strictObject({
    identity: told('the identity whose login reads and writes it', materialName),
    kv_mount: told('mount of a KV engine of version 2; default: [kv] mount', z.optional(mountPath)),
    path: told('of the keyset in its mount, like keysets/tokens', secretPath),
    hosts: told(
      'hosts that must know a version before it is used, beside those whose cards name the keyset',
      z._default(z.array(secretPath), []),
    ),
  })
}

const CONTROL = { error: '"vault", a URL, or a table with url and ca_file' }
function controlPlane() {
  return z.union(
    [controlPlaneText, z.strictObject({ url: httpUrl, ca_file: z.optional(absolutePath) })],
    CONTROL,
  )
}

function files() {
  const file = z.union([absolutePath, z.strictObject(placed)], FILE)
  return z
    .strictObject({
      jwks: told('the public keys that are accepted, and the next one, as a JWK Set', z.optional(file)),
      private_jwks: told(
        'the same with their private or symmetric keys, and which is in use',
        z.optional(file),
      ),
      pem: told('the private key in use', z.optional(file)),
      public_pem: told('its public key', z.optional(file)),
      pem_dir: told('a directory: a private key for each version, and which is in use', z.optional(file)),
      public_dir: told('a directory: the public key of every version that ever was in use', z.optional(file)),
      variable: told('the key in use as a variable of an environment file', z.optional(variable())),
      list: told('every key that is accepted, one a line, the one in use first', z.optional(list())),
      slots: told('the same in a file each; the last key again where there are fewer', z.optional(slots())),
    })
    .check(
      z.refine((all) => Object.values(all).some((one) => one !== undefined), { error: 'at least one file' }),
    )
}

const FILE = { error: 'an absolute path, or a table with path, mode, owner, group' }

function variable() {
  return z.strictObject(
    {
      ...placed,
      name: told('of the variable', variableName),
      encoding: told('pem, base64; default: pem for a pair, base64 for everything else', encoding()),
    },
    { error: 'a table with path, name, encoding, mode, owner, group' },
  )
}

function list() {
  return z.union(
    [
      absolutePath,
      z.strictObject({
        ...placed,
        encoding: told('pem, base64 or raw; default: pem for a pair, base64 for everything else', encoding()),
      }),
    ],
    { error: 'an absolute path, or a table with path, encoding, mode, owner, group' },
  )
}

const SLOTS = { error: 'a list of absolute paths, or a table with paths, encoding, mode, owner, group' }

function slots() {
  const paths = z.array(absolutePath, SLOTS).check(z.minLength(1, SLOTS), z.maxLength(16, SLOTS))
  const { path: _, ...unplaced } = placed
  return z.union(
    [
      paths,
      z.strictObject({
        ...unplaced,
        paths,
        encoding: told('pem, raw or base64; default: pem for a pair, raw for everything else', encoding()),
      }),
    ],
    SLOTS,
  )
}

function encoding() {
  return z.optional(z.enum(KEY_ENCODINGS, { error: `one of ${KEY_ENCODINGS.join(', ')}` }))
}

export type WrittenKeyset = z.output<ReturnType<typeof keysetSchema>>
