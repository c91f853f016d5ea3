/** Secrets of a KV version 2 engine (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version). */
import { KeyrollerError } from '../core/errors.ts'
import type { Secret } from '../core/material.ts'
import { countIn, isObject, objectIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { pathOf, type SecretOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'

export interface SecretVersion {
  /** From 1, counted up by every write. */
  readonly version: number
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * The newest version of a secret. Throws `secret-missing` when there is none or it was deleted, `vault-denied` when the policy
 * lacks the capability, and what a transport throws.
 */
export async function readSecret(
  client: VaultClient,
  policies: readonly string[],
  { kvMount, path }: Pick<Secret, 'kvMount' | 'path'>,
): Promise<SecretVersion> {
  const operation: SecretOperation = { kind: 'read-secret', kvMount, path, policies }
  const answer = await client.read(operation)
  if (answer.statusCode === 404) throw missing(operation, answer.body)
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  const data = objectIn(answer.body, 'data', where)
  return {
    version: countIn(objectIn(data, 'metadata', where), 'version', where),
    fields: objectIn(data, 'data', where),
  }
}

/** Makes the next version of a secret. Throws `vault-denied`, `vault-failed`, and what a transport throws. */
export async function writeSecret(
  client: VaultClient,
  policies: readonly string[],
  { kvMount, path }: Pick<Secret, 'kvMount' | 'path'>,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const operation: SecretOperation = { kind: 'write-secret', kvMount, path, policies }
  const answer = await client.write(operation, { data: fields })
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
}

/** A version that was deleted or destroyed is 404 too, and comes with its metadata. */
function missing(operation: SecretOperation, body: unknown): KeyrollerError {
  const { kvMount, path } = operation
  const data = isObject(body) && isObject(body.data) ? body.data : {}
  const metadata = isObject(data.metadata) ? data.metadata : undefined
  if (!metadata) {
    const hint = `vault kv put -mount=${kvMount} ${path}; or see that ${kvMount} is a KV engine of version 2`
    return new KeyrollerError('secret-missing', `${pathOf(operation)}: expected a secret, found none`, {
      hint,
    })
  }
  const what = metadata.destroyed === true ? 'destroyed' : 'deleted'
  const found = `found its newest version${countText(metadata.version)} ${what}`
  const again = what === 'deleted' ? `vault kv undelete -mount=${kvMount}` : `vault kv put -mount=${kvMount}`
  return new KeyrollerError('secret-missing', `${pathOf(operation)}: expected a secret, ${found}`, {
    hint: `${again} ${path}; the files are untouched`,
  })
}

function countText(version: unknown): string {
  return Number.isSafeInteger(version) ? ` ${version}` : ''
}
