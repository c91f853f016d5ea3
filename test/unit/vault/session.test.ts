import { expect, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import type { VaultClient } from '../../../src/vault/client.ts'
import { pathOf } from '../../../src/vault/operation.ts'
import type { Answer } from '../../../src/vault/refusal.ts'
import { asProofFailure, login } from '../../../src/vault/session.ts'

const REQUEST = { login: { authMount: 'cert', mapping: 'agent-app' }, pair: { certPem: '', keyPem: '' } }
const AUTH = { client_token: 'hvs.token', policies: ['default', 'pki-issue-app'] }

test('the token is put to use, and the policies are told', async () => {
  const vault = fake({ 'auth/cert/login': { auth: AUTH } })
  const session = await login(vault.client, vault.transport, REQUEST)
  expect(session.policies).toEqual(['default', 'pki-issue-app'])
  expect(vault.tokens).toEqual(['hvs.token'])
  expect(vault.sent).toEqual([{ path: 'auth/cert/login', data: { name: 'agent-app' } }])
  expect(JSON.stringify(session)).not.toContain('hvs.token')
})

test.each([
  ['no auth', {}],
  ['no token', { auth: { ...AUTH, client_token: undefined } }],
  ['an empty token', { auth: { ...AUTH, client_token: '' } }],
  ['a token that breaks the header', { auth: { ...AUTH, client_token: 'a\r\nb: c' } }],
  ['a huge token', { auth: { ...AUTH, client_token: 'a'.repeat(4097) } }],
  ['a policy with an escape', { auth: { ...AUTH, policies: ['\u001b[31m'] } }],
])('%s is no answer to a login', async (_, body) => {
  const vault = fake({ 'auth/cert/login': body })
  await expect(login(vault.client, vault.transport, REQUEST)).rejects.toThrow(
    expect.objectContaining({ code: 'vault-answer-invalid' }),
  )
  expect(vault.tokens).toEqual([])
})

test.each([
  ['204', { statusCode: 200, body: {} }, { revoked: true }],
  [
    'a token that is gone already',
    { statusCode: 403, body: { errors: ['permission denied', 'invalid token'] } },
    { revoked: true },
  ],
  [
    'a refusal',
    { statusCode: 403, body: { errors: ['permission denied'] } },
    { revoked: false, message: 'auth/token/revoke-self: status 403: permission denied' },
  ],
])('revoking: %s', async (_, answer, revocation) => {
  const vault = fake({ 'auth/cert/login': { auth: AUTH }, 'auth/token/revoke-self': answer })
  const session = await login(vault.client, vault.transport, REQUEST)
  expect(await session.revoke()).toEqual(revocation)
  expect(vault.isClosed()).toBe(true)
})

test('only a refused login is a refused proof', () => {
  const refused = new KeyrollerError('login-refused', 'words', { hint: 'vault read x' })
  expect(asProofFailure(refused)).toMatchObject({
    code: 'proof-refused',
    message: 'words',
    hint: 'vault read x',
  })
  const unreachable = new KeyrollerError('vault-unreachable', 'words')
  expect(asProofFailure(unreachable)).toBe(unreachable)
})

/** Answers by path; a body alone means 200. */
function fake(answers: Record<string, object>) {
  const tokens: string[] = []
  const sent: { path: string; data: object }[] = []
  let isClosed = false
  const client: VaultClient = {
    read: () => Promise.reject(new Error('a session only writes')),
    list: () => Promise.reject(new Error('a session only writes')),
    write: async (operation, data) => {
      const path = pathOf(operation)
      sent.push({ path, data })
      const answer = answers[path] ?? {}
      return 'statusCode' in answer ? (answer as Answer) : { statusCode: 200, body: answer }
    },
    useToken: (token) => tokens.push(token),
  }
  const transport = {
    send: () => Promise.reject(new Error('the client asks')),
    close: () => {
      isClosed = true
    },
  }
  return { client, transport, tokens, sent, isClosed: () => isClosed }
}
