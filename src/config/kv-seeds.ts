/** First values of secrets, from a file an operator hands over: `{ "NAME": { "field": "value" } }` by the names of `[secret.NAME]`. */
import { KeyrollerError } from '../core/errors.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { MaterialId } from '../core/material.ts'
import type { SecretFields } from '../core/secrets/render-secret.ts'
import { isTable } from './read-files.ts'
import { readSecretFile } from './trusted-file.ts'

export type KvSeeds = ReadonlyMap<MaterialId, SecretFields>

/** Throws `config-missing`, `config-untrusted`, `config-invalid`; no message quotes a value. */
export function readKvSeeds(
  file: string,
  { materials }: Pick<HostConfig, 'materials'>,
  uid: number,
): KvSeeds {
  const table = parse(file, readSecretFile(file, uid, 'chmod 0600 FILE'))
  const known = new Map(
    materials.flatMap((one) => (one.kind === 'secret' ? [[one.name, one.id] as const] : [])),
  )
  return new Map(
    Object.entries(table).map(([name, fields]) => {
      const id = known.get(name)
      if (!id) throw invalid(file, `the names of configured secrets, found ${JSON.stringify(name)}`)
      if (!isTable(fields) || Object.keys(fields).length === 0)
        throw invalid(file, `an object of fields for ${name}, found none`)
      return [id, fields] as const
    }),
  )
}

/** The words of the parser quote what it stumbled over. */
function parse(file: string, text: string): Record<string, unknown> {
  let table: unknown
  try {
    table = JSON.parse(text)
  } catch {
    throw invalid(file, 'JSON, found something else')
  }
  if (isTable(table)) return table
  throw invalid(file, 'an object by the names of secrets, found something else')
}

function invalid(file: string, expected: string): KeyrollerError {
  const hint = '{ "NAME": { "field": "value" } }, by the names of [secret.NAME]'
  return new KeyrollerError('config-invalid', `${file}: expected ${expected}`, { hint })
}
