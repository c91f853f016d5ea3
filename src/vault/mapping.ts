/** The mapping of an identity, as far as the identity itself may read and write it: which certificates it trusts. */
import type { Identity } from '../core/material.ts'
import { objectIn, type TextShape, textIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { ANSWER_LIMIT_BYTES } from './exchange.ts'
import { type MappingOperation, pathOf } from './operation.ts'
import { refusalOf } from './refusal.ts'

/** PEM, as it was written. Throws `pin-refused`, `vault-answer-invalid`, and what a transport throws. */
export async function readPinned(
  client: VaultClient,
  policies: readonly string[],
  login: Identity['login'],
): Promise<string> {
  const operation: MappingOperation = { kind: 'read-mapping', ...login, policies }
  const answer = await client.read(operation)
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  return textIn(objectIn(answer.body, 'data', where), 'certificate', PEM, where)
}

/**
 * Only this field is sent, and Vault leaves every other as it is: a policy can allow it and nothing else. Throws
 * `pin-refused`, and what a transport throws.
 */
export async function writePinned(
  client: VaultClient,
  policies: readonly string[],
  login: Identity['login'],
  certificatePem: string,
): Promise<void> {
  const operation: MappingOperation = { kind: 'write-mapping', ...login, policies }
  const answer = await client.write(operation, { certificate: certificatePem })
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
}

const PEM: TextShape = {
  pattern: /-----BEGIN CERTIFICATE-----/,
  maxChars: ANSWER_LIMIT_BYTES,
  words: 'a PEM certificate',
}
