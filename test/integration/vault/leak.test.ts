/**
 * A server that echoes all it was sent, on every path that ends in an error: no token, key or signing request may come out,
 * neither in what is printed nor anywhere inside the error.
 */
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toFault } from '../../../src/core/errors.ts'
import { SIGN } from './sign-request.ts'
import { makeStubRig, refusal, type StubRig } from './stub-rig.ts'
import { answerJson, LOGIN_ANSWER, type Responder } from './stub-server.ts'

let rig: StubRig
beforeAll(async () => {
  rig = await makeStubRig()
})
afterAll(() => rig.authority.remove())

const CSR_LINE = 'MIIBcanarySigningRequest'.padEnd(64, 'A')
const CSR_PEM = `-----BEGIN CERTIFICATE REQUEST-----\n${CSR_LINE}\n-----END CERTIFICATE REQUEST-----\n`
const SIGN_CANARY = { ...SIGN, csrPem: CSR_PEM }

const STATUSES = [201, 202, 400, 401, 403, 404, 405, 412, 413, 429, 472, 473, 500, 501, 502, 503]

const ECHOES: readonly (readonly [string, Responder])[] = [
  ...STATUSES.map((status): [string, Responder] => [
    `errors with status ${status}`,
    (response, { headers, body }) =>
      answerJson(response, status, {
        errors: [`you sent ${JSON.stringify(headers)} and ${body}`, headers['x-vault-token'], body],
        data: { headers, body },
      }),
  ]),
  [
    'a body of another shape',
    (response, { headers, body }) => answerJson(response, 200, { data: { ...headers, body } }),
  ],
  [
    'strings where certificates belong',
    (response, { headers }) =>
      answerJson(response, 200, { data: { certificate: headers['x-vault-token'], ca_chain: [headers] } }),
  ],
  ['text', (response, { headers, body }) => response.end(`${headers['x-vault-token']} ${body}`)],
  ['half a body', (response, { body }) => response.end(JSON.stringify({ body }).slice(0, -1))],
  [
    'the token as content type',
    (response, { headers }) => {
      response.writeHead(500, { 'content-type': `${headers['x-vault-token']}` })
      response.end('x')
    },
  ],
  [
    'the token as redirect',
    (response, { headers }) => {
      response.writeHead(307, { location: `https://127.0.0.1:1/${headers['x-vault-token']}` })
      response.end()
    },
  ],
  ['silence', () => {}],
  ['a closed connection', (response) => response.destroy()],
]

test.each(ECHOES)('%s', async (_, respond) => {
  const { session } = await rig.loggedIn(respond, { timeoutMs: 400 })
  expectClean(await refusal(session.sign(SIGN_CANARY)))
  const revocation = await session.revoke()
  expect(findSecrets(JSON.stringify(revocation))).toEqual([])
})

test.each(ECHOES)('at login: %s', async (_, respond) => {
  const stub = await rig.stub((response, received, index) =>
    respond(response, { ...received, headers: { 'x-vault-token': LOGIN_ANSWER.auth.client_token } }, index),
  )
  const error = await refusal(rig.open(stub, { timeoutMs: 400 }).login(rig.login))
  expectClean(error)
})

test('a pair that cannot be used', async () => {
  const stub = await rig.stub(() => {})
  const pair = { certPem: rig.server.certPem, keyPem: rig.client.keyPem }
  expectClean(await refusal(rig.open(stub).login({ ...rig.login, pair })))
  const broken = { certPem: rig.client.certPem, keyPem: rig.client.keyPem.replace('=', '!') }
  expectClean(await refusal(rig.open(stub).prove({ ...rig.login, pair: broken })))
})

function expectClean(error: Error): void {
  const everything = inspect(error, { depth: 20, showHidden: true, getters: true })
  expect(findSecrets(everything)).toEqual([])
  expect(findSecrets(JSON.stringify({ error, fault: toFault(error) }))).toEqual([])
  expect(error.cause).toBeUndefined()
  expect(error.message).not.toMatch(/\p{Cc}/u)
}

function findSecrets(text: string): string[] {
  const keyLines = rig.client.keyPem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))
  return [LOGIN_ANSWER.auth.client_token, CSR_LINE, ...keyLines].filter((secret) => text.includes(secret))
}
