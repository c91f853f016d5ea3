/** Secrets of a KV version 2 engine (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version). */
import { KeyrollerError } from '../core/errors.ts'
import type { Secret } from '../core/material.ts'
import { isCount } from '../core/shape.ts'
import { countIn, isObject, objectIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { pathOf, type SecretOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'

export interface SecretVersion {
  /** From 1, counted up by every write. */
  readonly version: number
  readonly fields: Readonly<Record<string, unknown>>
}

/** A version that was deleted or destroyed is still there by its number; none is none that anybody ever wrote, or that is left. */
export type FoundSecret =
  | ({ readonly state: 'present' } & SecretVersion)
  | { readonly state: 'deleted' | 'destroyed'; readonly version: number | undefined }
  | { readonly state: 'none' }

export type SecretPlace = Pick<Secret, 'kvMount' | 'path'>

/** The newest version of a secret. Throws `vault-denied` when the policy lacks the capability, and what a transport throws. */
export async function findSecret(
  client: VaultClient,
  policies: readonly string[],
  { kvMount, path }: SecretPlace,
): Promise<FoundSecret> {
  const operation: SecretOperation = { kind: 'read-secret', kvMount, path, policies }
  const answer = await client.read(operation)
  if (answer.statusCode === 404) return absent(answer.body)
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  const data = objectIn(answer.body, 'data', where)
  return {
    state: 'present',
    version: countIn(objectIn(data, 'metadata', where), 'version', where),
    fields: objectIn(data, 'data', where),
  }
}

/** A version that was deleted or destroyed is 404 too, and comes with its metadata. */
function absent(body: unknown): FoundSecret {
  const data = isObject(body) && isObject(body.data) ? body.data : {}
  if (!isObject(data.metadata)) return { state: 'none' }
  const { version, destroyed } = data.metadata
  return {
    state: destroyed === true ? 'destroyed' : 'deleted',
    version: isCount(version) ? Number(version) : undefined,
  }
}

/** The same of a secret that has to be there. Throws `secret-missing` when it is not, or was deleted. */
export async function readSecret(
  client: VaultClient,
  policies: readonly string[],
  place: SecretPlace,
): Promise<SecretVersion> {
  const found = await findSecret(client, policies, place)
  if (found.state !== 'present') throw missing(place, found)
  const { version, fields } = found
  return { version, fields }
}

function missing({ kvMount, path }: SecretPlace, found: Absent): KeyrollerError {
  const wanted = `${kvMount}/data/${path}: expected a secret`
  if (found.state === 'none') {
    const hint = `vault kv put -mount=${kvMount} ${path}; or see that ${kvMount} is a KV engine of version 2`
    return new KeyrollerError('secret-missing', `${wanted}, found none`, { hint })
  }
  const { state, version } = found
  const which = version === undefined ? '' : ` ${version}`
  const again = state === 'deleted' ? `vault kv undelete -mount=${kvMount}` : `vault kv put -mount=${kvMount}`
  return new KeyrollerError('secret-missing', `${wanted}, found its newest version${which} ${state}`, {
    hint: `${again} ${path}; the files are untouched`,
  })
}

type Absent = Exclude<FoundSecret, { readonly state: 'present' }>

/** Makes the next version of a secret. Throws `vault-denied`, `vault-failed`, and what a transport throws. */
export async function writeSecret(
  client: VaultClient,
  policies: readonly string[],
  { kvMount, path }: SecretPlace,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const operation: SecretOperation = { kind: 'write-secret', kvMount, path, policies }
  const answer = await client.write(operation, { data: fields })
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
}
