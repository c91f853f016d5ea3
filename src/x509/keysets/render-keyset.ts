/**
 * From the record of a keyset to the bytes of its files. Some hold more than our keys: what is not ours in them stays as it was. The
 * same record over what it made gives the same bytes.
 */
import {
  type FileSpec,
  type KeysetRole,
  MAX_FILE_BYTES,
  type PairRole,
  type SecretRole,
} from '../../core/file-spec.ts'
import { versionIn } from '../../core/keysets/document.ts'
import { isKeysetRole } from '../../core/keysets/files.ts'
import type { KeysetRecord, StoredKey } from '../../core/keysets/record.ts'
import { encodingOf } from '../../core/keysets/role-problem.ts'
import { shownIn } from '../../core/keysets/shown.ts'
import { setVariable } from '../../core/secrets/set-variable.ts'
import { encodeKey } from './encode-key.ts'
import { privateEntry, publicEntry } from './key-entry.ts'
import { expectOwnKey } from './own-key.ts'
import { renderJwkSet } from './render-jwk-set.ts'
import type { Rendering, Shown } from './rendering.ts'
import { publicKeyOf } from './stored-key.ts'
import { unfitFile } from './unfit-file.ts'

/**
 * The bytes of one of `concreteFiles`; `standing` is what lies there now. Throws `keyset-unfit` for a standing file that cannot be
 * edited or has somebody else's key under a name of ours, and for a record without the bytes that are to be shown.
 */
export function renderKeysetFile(spec: FileSpec, record: KeysetRecord, standing: Buffer | undefined): Buffer {
  const { role } = spec
  if (!isKeysetRole(role)) throw new Error(`a ${role} file holds no keyset`)
  const [first, ...more] = shownIn({ ...spec, role }, record.document).map((version) => ({
    version,
    key: record.keys[version.number] ?? {},
  }))
  if (!first) throw new Error(`expected a version for a ${role} file, found none`)
  const bytes = Buffer.from(RENDER[role]({ spec, record, shown: [first, ...more], standing }))
  if (bytes.length <= MAX_FILE_BYTES) return bytes
  throw unfitFile(spec.path, `expected at most ${MAX_FILE_BYTES} bytes, found ${bytes.length}`)
}

type Render = (rendering: Rendering) => Buffer | string

const RENDER: Record<KeysetRole, Render> & { readonly [R in PairRole | SecretRole]?: never } = {
  jwks: (rendering) => renderJwkSet(rendering, publicEntry),
  private_jwks: (rendering) =>
    renderJwkSet(rendering, privateEntry, versionIn(rendering.record.document, 'active')?.kid),
  pem: ({ shown: [{ key }] }) => encodeKey(key, 'pem'),
  public_pem: ({ shown: [{ key }] }) => publicPem(key),
  pem_dir: (rendering) => renderInDirectory(rendering, (key) => encodeKey(key, 'pem')),
  public_dir: (rendering) => renderInDirectory(rendering, publicPem),
  variable: renderVariable,
  list: ({ spec, shown }) => Buffer.concat(shown.map((one) => encoded('list', spec, one))),
  slots: renderSlot,
}

function publicPem(key: StoredKey): string {
  return publicKeyOf(key).export({ type: 'spki', format: 'pem' }).toString()
}

function renderInDirectory(
  { spec: { path, keys }, shown, standing, record }: Rendering,
  pemOf: (key: StoredKey) => Buffer | string,
): Buffer | string {
  if (keys?.of === 'marker') return `v${versionIn(record.document, 'active')?.number}\n`
  const found = shown.find(({ version }) => version.number === keys?.of)
  if (!found) throw new Error(`expected a file of a version that is shown, found ${path}`)
  if (standing) expectOwnKey(path, found.key, standing)
  return pemOf(found.key)
}

/** Byte by byte: a file may be in any encoding in which ASCII is itself, and stays in it. */
function renderVariable({ spec, shown: [first], standing }: Rendering): Buffer {
  const { path, keys } = spec
  if (keys?.variable === undefined) throw new Error(`expected the name of a variable for ${path}`)
  const value = encoded('variable', spec, first).toString().trimEnd()
  const edited = setVariable(standing?.toString('latin1') ?? '', keys.variable, value)
  if ('text' in edited) return Buffer.from(edited.text, 'latin1')
  throw unfitFile(path, edited.fault)
}

/** Who has as many places as keys were once configured wants something in each. */
function renderSlot({ spec, shown }: Rendering): Buffer {
  const [first, ...more] = shown
  return encoded('slots', spec, shown[spec.keys?.slot ?? 0] ?? more.at(-1) ?? first)
}

function encoded(
  role: 'variable' | 'list' | 'slots',
  { keys }: FileSpec,
  { version: { kind }, key }: Shown,
): Buffer {
  return encodeKey(key, encodingOf(kind, role, keys))
}
