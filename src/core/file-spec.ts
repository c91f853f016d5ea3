/** Where a part of a material lies, whose it is and in which form: what a configuration says of a file. */

export const PAIR_ROLES = ['key', 'cert', 'chain', 'fullchain', 'ca', 'combined', 'pkcs12'] as const
export type PairRole = (typeof PAIR_ROLES)[number]
export const SECRET_ROLES = ['raw', 'env', 'json'] as const
export type SecretRole = (typeof SECRET_ROLES)[number]
/**
 * Of a keyset. `jwks` and `public_pem` are for who verifies; `private_jwks`, `pem`, `pem_dir`, `variable`, `list` and `slots` for who signs or
 * decrypts; `public_dir` holds the public key of every version that ever was in use, as evidence.
 */
export const KEYSET_ROLES = [
  'jwks',
  'private_jwks',
  'pem',
  'public_pem',
  'pem_dir',
  'public_dir',
  'variable',
  'list',
  'slots',
] as const
export type KeysetRole = (typeof KEYSET_ROLES)[number]
/** Their path is a directory, with a file for each version; `keys.of` says which one a file in it is. */
export const DIRECTORY_ROLES: ReadonlySet<FileRole> = new Set(['pem_dir', 'public_dir'])

/** Where its bytes are written. */
export function directoryOf({ role, path, keys }: Pick<FileSpec, 'role' | 'path' | 'keys'>): string {
  if (DIRECTORY_ROLES.has(role) && keys?.of === undefined) return path
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

export type FileRole = PairRole | SecretRole | KeysetRole

export function isSecretRole(role: FileRole): role is SecretRole {
  return SECRET_ROLES.some((one) => one === role)
}

/** Roles whose files hold a private key or a secret. */
export const PRIVATE_ROLES: ReadonlySet<FileRole> = new Set([
  ...(['key', 'combined', 'pkcs12', ...SECRET_ROLES] as const),
  ...(['private_jwks', 'pem', 'pem_dir', 'variable', 'list', 'slots'] as const),
])
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
  /** Of a file of a keyset, and only there. */
  readonly keys?: KeysetForm
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

/** How the versions of a keyset stand in a file. */
export interface KeysetForm {
  /** The name of a `variable`. */
  readonly variable?: string
  /** Of a `variable`, a `list` or `slots`; unset: PEM for a pair, base64 for everything else, `raw` in slots. */
  readonly encoding?: KeyEncoding
  /** Of `slots`: the n-th key from 0, the one in use first, see `keysInOrder`. */
  readonly slot?: number
  /** Of a file in a `pem_dir` or a `public_dir`: the number of its version, or the marker that says which one is in use. */
  readonly of?: number | 'marker'
}

/** `base64`: of PKCS#8 in DER, or of the bytes. */
export const KEY_ENCODINGS = ['pem', 'base64', 'raw'] as const
export type KeyEncoding = (typeof KEY_ENCODINGS)[number]

/** The line feed at the end: as the field has it, one where it has none, or none. */
export const FINAL_NEWLINES = ['keep', 'add', 'strip'] as const
export type FinalNewline = (typeof FINAL_NEWLINES)[number]

/** `shell`: read alike by sh(1) and systemd's EnvironmentFile=. `none`: the value as it is, for what knows no quotes. */
export const ENV_QUOTINGS = ['shell', 'none'] as const
export type EnvQuoting = (typeof ENV_QUOTINGS)[number]

/** Larger than any chain keyroller accepts. Nothing longer is read back, lest a hostile owner make root read a disk image, nor written. */
export const MAX_FILE_BYTES = 256 * 1024

/** What the configuration calls a file below `files`: `key`, `raw.password`. */
export function fileKey({ role, raw }: Pick<FileSpec, 'role' | 'raw'>): string {
  return raw ? `${role}.${raw.field}` : role
}

/** An account or group by number or name; `self` is whoever keyroller runs as. */
export type Principal =
  | { readonly kind: 'self' }
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'name'; readonly name: string }
