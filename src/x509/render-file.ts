/**
 * From the parts of a set to the bytes of its files. Parts are what is issued (key, leaf, chain) and what it is trusted by
 * (anchors). One table says how, so that writing and judging what is on disk cannot differ: rendering the same parts twice
 * must give the same bytes.
 */
import {
  COMBINED_PARTS,
  type FileSpec,
  type KeysetRole,
  type PairRole,
  type SecretRole,
} from '../core/file-spec.ts'
import { onlyBlock } from './pem.ts'
import { type Pkcs12Lock, writePkcs12 } from './pkcs12.ts'
import { writeKey } from './private-key.ts'

export interface SetParts {
  /** PKCS#8, whatever form the file has. */
  readonly keyPem: string
  readonly leafPem: string
  readonly chainPems: readonly string[]
  readonly anchorPems: readonly string[]
}

/** What of a file decides its bytes. */
export interface FileForm extends Pick<FileSpec, 'role' | 'format' | 'order'> {
  /** Of a PKCS#12 file, and only there. */
  readonly lock?: Pkcs12Lock
}

type Render = (parts: SetParts, form: FileForm) => Buffer | string | undefined

const RENDER: Record<PairRole, Render> & { readonly [R in SecretRole | KeysetRole]?: never } = {
  key: ({ keyPem }, { format = 'pkcs8' }) => writeKey(keyPem, format),
  cert: ({ leafPem }, { format }) => (format === 'der' ? onlyBlock(leafPem, 'CERTIFICATE') : leafPem),
  chain: ({ chainPems }) => chainPems.join(''),
  fullchain: ({ leafPem, chainPems }) => [leafPem, ...chainPems].join(''),
  combined: (parts, { order = COMBINED_PARTS }) =>
    order.map((role) => RENDER[role](parts, { role })).join(''),
  pkcs12: renderPkcs12,
  ca: ({ anchorPems }) => anchorPems.join(''),
}

function renderPkcs12({ keyPem, leafPem, chainPems }: SetParts, { lock }: FileForm): Buffer {
  if (!lock) throw new Error('a PKCS#12 file needs a password and a name')
  const certificates = [leafPem, ...chainPems].map((pem) => onlyBlock(pem, 'CERTIFICATE'))
  return writePkcs12({ key: onlyBlock(keyPem, 'PRIVATE KEY'), certificates }, lock)
}

/** The bytes of one file of the set. Throws when a key of this type cannot take the form, which the configuration refuses. */
export function renderFile(form: FileForm, parts: SetParts): Buffer {
  const rendering = RENDER[form.role]?.(parts, form)
  if (rendering === undefined) throw new Error(`a ${form.role} file of this key has no form ${form.format}`)
  return Buffer.from(rendering)
}

/** Whether these are the bytes that the parts make of the file; `unknown` for a key whose type is still to be changed. */
export function compareFile(
  form: FileForm,
  content: Buffer,
  parts: SetParts,
): 'current' | 'stale' | 'unknown' {
  const rendering = RENDER[form.role]?.(parts, form)
  if (rendering === undefined) return 'unknown'
  return Buffer.from(rendering).equals(content) ? 'current' : 'stale'
}
