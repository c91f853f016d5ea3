/**
 * Secrets that several hosts write: check-and-set lets one of them win
 * (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#create-update-secret).
 */
import type { VaultClient } from './client.ts'
import type { SecretPlace } from './kv.ts'
import type { SecretOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'
import { sentenceOf } from './sentence.ts'

/** `lost`: somebody else has written since, or this same write whose first answer never came; what is there now says which. */
export type SwapOutcome = 'won' | 'lost'

/**
 * Makes the version after `version`, which must still be the newest; 0 is where there is none. Throws `vault-denied`, `vault-failed`,
 * and what a transport throws.
 */
export async function swapSecret(
  client: VaultClient,
  policies: readonly string[],
  { kvMount, path }: SecretPlace,
  { fields, version }: Swap,
): Promise<SwapOutcome> {
  const operation: SecretOperation = { kind: 'write-secret', kvMount, path, policies }
  const answer = await client.write(operation, { data: fields, options: { cas: version } })
  if (answer.statusCode === 200) return 'won'
  if (answer.statusCode === 400 && LOST.test(sentenceOf(answer.body))) return 'lost'
  throw refusalOf(operation, answer)
}

export interface Swap {
  readonly fields: Readonly<Record<string, string>>
  readonly version: number
}

/** The words of Vault and of OpenBao; every other 400 is a fault. */
const LOST = /check-and-set parameter did not match the current version/

/** Bytes of these versions are gone for good; of a version that has none any more, too. Throws as a swap does. */
export async function destroyVersions(
  client: VaultClient,
  policies: readonly string[],
  { kvMount, path }: SecretPlace,
  versions: readonly number[],
): Promise<void> {
  const operation: SecretOperation = { kind: 'destroy-secret', kvMount, path, policies }
  const answer = await client.write(operation, { versions })
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
}
