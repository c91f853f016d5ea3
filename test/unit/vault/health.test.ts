import { expect, test } from 'vitest'
import type { VaultClient } from '../../../src/vault/client.ts'
import { readHealth } from '../../../src/vault/health.ts'

const BODY = {
  initialized: true,
  sealed: false,
  standby: false,
  version: '1.21.1',
  server_time_utc: 1_700_000_000,
}

test('an active server', async () => {
  expect(await readHealth(answering(200, BODY))).toEqual({
    initialized: true,
    sealed: false,
    standby: false,
    version: '1.21.1',
    serverTimeMs: 1_700_000_000_000,
  })
})

test.each([
  [429, { standby: true }],
  [472, { standby: true }],
  [473, { standby: true }],
  [501, { initialized: false, sealed: true }],
  [503, { sealed: true }],
])('status %i is an answer', async (statusCode, state) => {
  expect(await readHealth(answering(statusCode, { ...BODY, ...state }))).toMatchObject(state)
})

test('version and time may be missing where the listener redacts them', async () => {
  const { server_time_utc: _, ...body } = BODY
  const health = await readHealth(answering(200, { ...body, version: '' }))
  expect(health).toEqual({ initialized: true, sealed: false, standby: false, version: '' })
})

test.each([
  ['initialized', 'true'],
  ['sealed', undefined],
  ['standby', 0],
  ['version', 121],
  ['version', 'not\u001b[31m a version'],
  ['version', '1'.repeat(65)],
])('%s: %j is no health', async (field, value) => {
  await expect(readHealth(answering(200, { ...BODY, [field]: value }))).rejects.toThrow(
    expect.objectContaining({
      code: 'vault-answer-invalid',
      message: expect.stringContaining(`in ${field},`),
    }),
  )
})

test.each([
  [400, 'vault-failed'],
  [429, 'vault-rate-limited'],
  [500, 'vault-failed'],
  [503, 'vault-sealed'],
])('errors with status %i are a refusal', async (statusCode, code) => {
  const body = { errors: [statusCode === 503 ? 'Vault is sealed' : 'words'] }
  await expect(readHealth(answering(statusCode, body))).rejects.toThrow(expect.objectContaining({ code }))
})

function answering(statusCode: number, body: object): VaultClient {
  const refuse = () => Promise.reject(new Error('health only reads'))
  return { read: async () => ({ statusCode, body }), list: refuse, write: refuse, useToken: refuse }
}
