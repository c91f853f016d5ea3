import { expect, test } from 'vitest'
import type { VaultClient } from '../../../src/vault/client.ts'
import { destroyVersions, swapSecret } from '../../../src/vault/kv-swap.ts'
import { pathOf } from '../../../src/vault/operation.ts'
import type { Answer } from '../../../src/vault/refusal.ts'

const PLACE = { kvMount: 'kv', path: 'keysets/tokens' }
const SWAP = { fields: { record: '{}' }, version: 7 }

test('a swap names the version that it comes after', async () => {
  const vault = answering({ statusCode: 200, body: {} })
  expect(await swapSecret(vault.client, [], PLACE, SWAP)).toBe('won')
  expect(vault.sent).toEqual([['kv/data/keysets/tokens', { data: { record: '{}' }, options: { cas: 7 } }]])
})

/** As Vault 1.20 and 1.21 and OpenBao 2 say it. */
const LOST = 'check-and-set parameter did not match the current version'
const REQUIRED = 'check-and-set parameter required for this call'

test('a lost one is no fault', async () => {
  const { client } = answering({ statusCode: 400, body: { errors: [LOST] } })
  expect(await swapSecret(client, [], PLACE, SWAP)).toBe('lost')
})

test.each<[string, Answer, string, string]>([
  ['another bad request', said(400, REQUIRED), 'vault-failed', `status 400: ${REQUIRED}`],
  ['those words with another status', said(500, LOST), 'vault-failed', 'status 500'],
  [
    'a denial',
    said(403, 'permission denied'),
    'vault-denied',
    'expected the capabilities create and update on kv/data/keysets/tokens, found a token with policies own',
  ],
])('%s is', async (_, answer, code, message) => {
  const swap = swapSecret(answering(answer).client, ['own'], PLACE, SWAP)
  await expect(swap).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('versions are destroyed for good, and a denial names the path', async () => {
  const vault = answering({ statusCode: 200, body: {} })
  await destroyVersions(vault.client, [], PLACE, [1, 2])
  expect(vault.sent).toEqual([['kv/destroy/keysets/tokens', { versions: [1, 2] }]])
  const denied = destroyVersions(answering(said(403, 'permission denied')).client, ['own'], PLACE, [1])
  await expect(denied).rejects.toMatchObject({
    code: 'vault-denied',
    hint: 'grant in one of them: path "kv/destroy/keysets/tokens" { capabilities = ["update"] }',
  })
})

function said(statusCode: number, sentence: string): Answer {
  return { statusCode, body: { errors: [sentence] } }
}

function answering(answer: Answer) {
  const sent: [string, object][] = []
  const give = async () => answer
  const write: VaultClient['write'] = async (operation, data) => {
    sent.push([pathOf(operation), data])
    return answer
  }
  return { sent, client: { read: give, list: give, write, useToken: () => {} } satisfies VaultClient }
}
