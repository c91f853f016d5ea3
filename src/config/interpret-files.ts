/** The files of a material: defaults filled in, and forms refused that its key cannot take. */

import { type FileRole, type FileSpec, PAIR_ROLES, PRIVATE_ROLES, type Principal } from '../core/file-spec.ts'
import type { KeyType } from '../core/key-type.ts'
import type { WrittenFileTable } from './files-schema.ts'
import type { WrittenMaterial } from './material-schema.ts'
import type { Report } from './problem.ts'

/** In the order of `PAIR_ROLES`; `at` is the path of the table, for what is reported. */
export function interpretFiles(at: readonly string[], one: WrittenMaterial, report: Report): FileSpec[] {
  const [, name = ''] = at
  return PAIR_ROLES.flatMap((role): FileSpec[] => {
    const written: string | WrittenFileTable | undefined = one.files[role]
    if (written === undefined) return []
    const file: WrittenFileTable = typeof written === 'string' ? { path: written } : written
    reportForm([...at, role, 'format'], file, one.key_type, report)
    return [interpretFile(role, file, one, name)]
  })
}

/** Owner and group default to those of the material, `name` is its own. */
export function interpretFile(
  role: FileRole,
  written: string | WrittenFileTable,
  of: Owners,
  name: string,
): FileSpec {
  const file: WrittenFileTable = typeof written === 'string' ? { path: written } : written
  return {
    role,
    ...(file.format === undefined ? {} : { format: file.format }),
    ...(file.order === undefined ? {} : { order: file.order }),
    ...(file.password_file === undefined
      ? {}
      : { pkcs12: { passwordFile: file.password_file, name: file.name ?? name } }),
    path: file.path,
    mode: file.mode === undefined ? defaultMode(role) : Number.parseInt(file.mode, 8),
    owner: interpretPrincipal(file.owner ?? of.owner),
    group: interpretPrincipal(file.group ?? of.group),
  }
}

type Owners = { readonly [K in 'owner' | 'group']?: string | number | undefined }

/** PKCS#1 can hold only RSA keys (RFC 8017 §A.1), SEC1 only those of elliptic curves with a named one (RFC 5915). */
function reportForm(at: string[], { format }: WrittenFileTable, keyType: KeyType, report: Report): void {
  const [family] = keyType.split('-')
  const own = family === 'rsa' ? 'pkcs1' : family === 'ec' ? 'sec1' : undefined
  if ((format !== 'pkcs1' && format !== 'sec1') || format === own) return
  const expected = own === undefined ? 'pkcs8' : `pkcs8 or ${own}`
  report(at, `${expected} for key_type ${keyType}`, JSON.stringify(format))
}

function defaultMode(role: FileRole): number {
  return PRIVATE_ROLES.has(role) ? 0o600 : 0o644
}

function interpretPrincipal(written: string | number | undefined): Principal {
  if (written === undefined) return { kind: 'self' }
  const id = Number(written)
  return Number.isInteger(id) ? { kind: 'id', id } : { kind: 'name', name: String(written) }
}
