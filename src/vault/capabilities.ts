import { objectIn, type TextShape, textsIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { type CapabilitiesOperation, pathOf } from './operation.ts'
import { refusalOf } from './refusal.ts'

/** By path; `deny` alone where nothing is allowed. */
export type Capabilities = ReadonlyMap<string, readonly string[]>

/**
 * https://developer.hashicorp.com/vault/api-docs/system/capabilities-self. The policy `default` allows it; a token that was made
 * without that gets undefined. Throws `vault-answer-invalid`, and what a transport throws.
 */
export async function readCapabilities(
  client: VaultClient,
  paths: readonly string[],
): Promise<Capabilities | undefined> {
  const operation: CapabilitiesOperation = { kind: 'capabilities' }
  const answer = await client.write(operation, { paths })
  if (answer.statusCode === 403) return undefined
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  const data = objectIn(answer.body, 'data', where)
  return new Map(paths.map((path) => [path, textsIn(data, path, CAPABILITY, 20, where)]))
}

const CAPABILITY: TextShape = { pattern: /^[a-z]+$/, maxChars: 32, words: 'a capability' }
