import { expect, test } from 'vitest'
import type { VaultClient } from '../../../src/vault/client.ts'
import { findSecret, readSecret } from '../../../src/vault/kv.ts'
import type { Answer } from '../../../src/vault/refusal.ts'

const DB = { kvMount: 'kv', path: 'app/db' }
const CANARY = 'canary-value'
const METADATA = { version: 3, deletion_time: '', destroyed: false }

test('the newest version and its fields', async () => {
  const body = { data: { data: { a: CANARY }, metadata: METADATA } }
  expect(await readSecret(answering(200, body), [], DB)).toEqual({ version: 3, fields: { a: CANARY } })
})

const DELETED = { data: { data: null, metadata: { ...METADATA, deletion_time: '2026-01-01T00:00:00Z' } } }
const DESTROYED = { data: { data: null, metadata: { ...METADATA, destroyed: true } } }

test.each([
  ['nothing there', 404, { errors: [] }, { state: 'none' }],
  ['a deleted version', 404, DELETED, { state: 'deleted', version: 3 }],
  ['a destroyed version', 404, DESTROYED, { state: 'destroyed', version: 3 }],
])('where there may be none, %s is no fault', async (_, statusCode, body, expected) =>
  expect(await findSecret(answering(statusCode, body), [], DB)).toEqual(expected),
)

test.each<[string, number, unknown, string, string]>([
  ['nothing there', 404, { errors: [] }, 'secret-missing', 'expected a secret, found none'],
  ['a deleted version', 404, DELETED, 'secret-missing', 'found its newest version 3 deleted'],
  ['a destroyed version', 404, DESTROYED, 'secret-missing', 'found its newest version 3 destroyed'],
  [
    'a denial',
    403,
    { errors: ['permission denied'] },
    'vault-denied',
    'expected the capability read on kv/data/app/db',
  ],
  [
    'an engine of version 1',
    200,
    { data: { data: CANARY } },
    'vault-answer-invalid',
    'expected an object in metadata',
  ],
  [
    'no version',
    200,
    { data: { data: { a: CANARY }, metadata: { version: CANARY } } },
    'vault-answer-invalid',
    'a whole number in version',
  ],
  [
    'no fields',
    200,
    { data: { data: CANARY, metadata: METADATA } },
    'vault-answer-invalid',
    'an object in data',
  ],
])('%s is told without a value', async (_, statusCode, body, code, message) => {
  const error = await readSecret(answering(statusCode, body), ['own'], DB).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
  expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(CANARY)
})

function answering(statusCode: number, body: unknown): VaultClient {
  const answer: Answer = { statusCode, body }
  const give = async () => answer
  return { read: give, list: give, write: give, useToken: () => {} }
}
