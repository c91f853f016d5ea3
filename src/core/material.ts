/**
 * Materials: what keyroller keeps issued, installed, loaded and served. This is the checked form of the configuration:
 * every name parsed, every default filled in, every unit in the name. `config/` makes it; everything else only reads it.
 */

import type { Probe } from './consumers/probe.ts'
import type { ReloadTarget } from './consumers/target.ts'
import type { Window } from './deciding/windows.ts'
import type { OnUnserved } from './planning/ladder.ts'
import type { SubjectFields } from './subject.ts'

export const MATERIAL_KINDS = ['identity', 'certificate', 'bundle', 'secret'] as const
export type MaterialKind = (typeof MATERIAL_KINDS)[number]
export type MaterialId = `${MaterialKind}/${string}`

/** Milliseconds since 1970, as `Date.now()` counts them. */
export type EpochMs = number

export type Material = Paired | Bundle | Secret

/** A private key with its certificate. */
export type Paired = Identity | Certificate

/** A client certificate with which this host logs in to Vault; renewed before everything that needs it. */
export interface Identity extends PairedBase {
  readonly kind: 'identity'
  readonly login: { readonly authMount: string; readonly mapping: string }
  readonly mappingPins: MappingPins
}

/** What the mapping of an identity trusts: the authority that signs it, or its certificate alone. */
export const MAPPING_PINS = ['authority', 'certificate'] as const
export type MappingPins = (typeof MAPPING_PINS)[number]

/** A leaf certificate for an app, signed with the token of `identity`. */
export interface Certificate extends PairedBase {
  readonly kind: 'certificate'
  readonly identity: MaterialId
}

/** The authorities that apps trust, in a file; it has no key and no end of its own. */
export interface Bundle extends MaterialBase {
  readonly kind: 'bundle'
  readonly source: BundleSource
}

/** `mount`: the chain of its issuer, which must lead to the anchors of the trust file. `file`: given by whoever looks after the host. */
export type BundleSource =
  | { readonly kind: 'mount'; readonly pkiMount: string; readonly trustFile: string }
  | { readonly kind: 'file'; readonly path: string }

/** Fields of a secret in a KV version 2 engine, in files; read with the token of `identity`. */
export interface Secret extends MaterialBase {
  readonly kind: 'secret'
  readonly identity: MaterialId
  readonly kvMount: string
  /** In the mount, without `data/`. */
  readonly path: string
  /** What env and json files hold; unset is every field. */
  readonly fields?: readonly string[]
  readonly refreshEveryMs: number
}

export function isPaired(material: Material): material is Paired {
  switch (material.kind) {
    case 'identity':
    case 'certificate':
      return true
    case 'bundle':
    case 'secret':
      return false
  }
}

/** What is had from the server with a login; the chain of a bundle anybody may ask for. */
export function needsLogin(material: Material): material is Paired | Secret {
  return material.kind !== 'bundle'
}

/** The identity whose login signs or reads it. */
export function loginOf(material: Paired | Secret): MaterialId {
  return material.kind === 'identity' ? material.id : material.identity
}

/** `files`: every file under its own name. `generation`: links into a directory, switched for all files by one rename. */
export const LAYOUTS = ['files', 'generation'] as const
export type Layout = (typeof LAYOUTS)[number]

interface MaterialBase {
  readonly id: MaterialId
  readonly name: string
  /** With `generation` all files lie in one directory. */
  readonly layout: Layout
  /** Its files may lie in memory only, on tmpfs or ramfs: its key must never reach a disk. */
  readonly ephemeral: boolean
  readonly files: readonly FileSpec[]
  readonly reload: readonly ReloadTarget[]
}

interface PairedBase extends MaterialBase {
  readonly issuance: Issuance
  readonly renewAt: RenewAt
  /** When a renewal that can wait may disturb consumers; unset is at any time. */
  readonly windows?: RenewalWindows
  readonly server: ServerSide
  /** Where it is looked whether it is served; none is nowhere. */
  readonly probes: readonly Probe[]
  readonly onUnserved: OnUnserved
}

/** What is asked of the PKI, and what the answer is judged against. */
export interface Issuance {
  readonly pkiMount: string
  readonly role: string
  readonly commonName: string
  /** DNS names beside the common name. */
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  readonly subject: SubjectFields
  /** Asked lifetime; without it the role decides. */
  readonly ttlMs?: number
  readonly keyType: KeyType
  /** The key on disk is certified again; a new one is made only where there is none. */
  readonly reuseKey: boolean
  /** Common name the direct issuer must have; unset accepts any issuer below the trust anchors. */
  readonly issuerName?: string
  /** PEM file of the trust anchors the chain must end in. */
  readonly trustFile: string
}

export const KEY_TYPES = [
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
] as const
export type KeyType = (typeof KEY_TYPES)[number]

/** When a certificate falls due: after a share of its own lifetime, or with this much time left. */
export type RenewAt =
  | { readonly kind: 'fraction'; readonly of: number }
  | { readonly kind: 'remaining'; readonly ms: number }

export interface RenewalWindows {
  /** Never empty. */
  readonly open: readonly Window[]
  /** With no more than this left of its life, a certificate waits for no window. */
  readonly floor: WindowFloor
}

/** A share of the lifetime, or a time. */
export type WindowFloor =
  | { readonly kind: 'fraction'; readonly of: number }
  | { readonly kind: 'remaining'; readonly ms: number }

export const PAIR_ROLES = ['key', 'cert', 'chain', 'fullchain', 'ca', 'combined', 'pkcs12'] as const
export type PairRole = (typeof PAIR_ROLES)[number]
export const SECRET_ROLES = ['raw', 'env', 'json'] as const
export type SecretRole = (typeof SECRET_ROLES)[number]
export type FileRole = PairRole | SecretRole

export function isSecretRole(role: FileRole): role is SecretRole {
  return SECRET_ROLES.some((one) => one === role)
}

/** Roles whose files hold a private key or a secret. */
export const PRIVATE_ROLES: ReadonlySet<FileRole> = new Set(['key', 'combined', 'pkcs12', ...SECRET_ROLES])
/** Roles whose files hold the intermediates and are read back; a PKCS#12 file is only written. */
export const CHAIN_ROLES: ReadonlySet<FileRole> = new Set(['chain', 'fullchain', 'combined'])

/** Whether one of the files holds the intermediates. */
export function keepsChain(files: readonly Pick<FileSpec, 'role'>[]): boolean {
  return files.some(({ role }) => CHAIN_ROLES.has(role))
}

/** PEM as PKCS#8, PKCS#1 or SEC1; DER as PKCS#8. */
export const KEY_FORMATS = ['pkcs8', 'pkcs1', 'sec1', 'der'] as const
export const CERT_FORMATS = ['pem', 'der'] as const
export type FileFormat = (typeof KEY_FORMATS | typeof CERT_FORMATS)[number]

/** What a combined file holds, in the default order: what HAProxy and most others that read one file expect. */
export const COMBINED_PARTS = ['cert', 'chain', 'key'] as const
export type CombinedPart = (typeof COMBINED_PARTS)[number]

export interface FileSpec {
  readonly role: FileRole
  /** Of a key or cert file; unset is PEM, a key as PKCS#8. */
  readonly format?: FileFormat
  /** Of a combined file; unset is `COMBINED_PARTS`. Every part once, the leaf before the intermediates. */
  readonly order?: readonly CombinedPart[]
  /** Of a PKCS#12 file, and only there. */
  readonly pkcs12?: { readonly passwordFile: string; readonly name: string }
  /** Of a raw file, and only there. */
  readonly raw?: RawForm
  /** Of an env file, and only there. */
  readonly quoting?: EnvQuoting
  /** Absolute and normalised. */
  readonly path: string
  /** Permission bits, 0 to 0o777. */
  readonly mode: number
  readonly owner: Principal
  readonly group: Principal
}

/** One field of a secret as the bytes of a file. */
export interface RawForm {
  readonly field: string
  /** How the field writes the bytes; unset is as they are. */
  readonly encoding?: RawEncoding
  readonly finalNewline: FinalNewline
}

export const RAW_ENCODINGS = ['base64'] as const
export type RawEncoding = (typeof RAW_ENCODINGS)[number]

/** The line feed at the end: as the field has it, one where it has none, or none. */
export const FINAL_NEWLINES = ['keep', 'add', 'strip'] as const
export type FinalNewline = (typeof FINAL_NEWLINES)[number]

/** `shell`: read alike by sh(1) and systemd's EnvironmentFile=. `none`: the value as it is, for what knows no quotes. */
export const ENV_QUOTINGS = ['shell', 'none'] as const
export type EnvQuoting = (typeof ENV_QUOTINGS)[number]

/** What the configuration calls a file below `files`: `key`, `raw.password`. */
export function fileKey({ role, raw }: Pick<FileSpec, 'role' | 'raw'>): string {
  return raw ? `${role}.${raw.field}` : role
}

/** An account or group by number or name; `self` is whoever keyroller runs as. */
export type Principal =
  | { readonly kind: 'self' }
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'name'; readonly name: string }

/** What `keyroller vault` makes of the server beside what follows from the materials; the last four of an identity only. */
export interface ServerSide {
  readonly allowedDomains?: readonly string[]
  readonly maxTtlMs?: number
  readonly policy?: string
  readonly policies?: readonly string[]
  readonly dropPolicies?: readonly string[]
  readonly tokenTtlMs?: number
}
