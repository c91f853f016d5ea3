import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { run } from '../../rig/command.ts'
import { makeAuthority, type Pair } from '../../rig/openssl-authority.ts'
import { HEALTHY, makeStubRig, type StubRig } from './stub-rig.ts'
import { answerJson, LOGIN_ANSWER, type Stub, startTcpStub } from './stub-server.ts'

let rig: StubRig
beforeAll(async () => {
  rig = await makeStubRig()
})
afterAll(() => rig.authority.remove())

test('nothing of the environment reaches what is sent, and nothing sent is printed', async () => {
  const proxy = await startTcpStub((socket) => socket.destroy())
  onTestFinished(proxy.close)
  const stub = await vaultStub(rig.server)
  const { stdout, stderr } = await runHostile(stub, proxy.address)
  expect(stdout).toBe('ok\n')
  expect(stub.requests.map(({ url }) => url)).toEqual([
    '/v1/sys/health',
    '/v1/auth/cert/login',
    '/v1/pki-prod/sign/nginx-app',
    '/v1/auth/token/revoke-self',
  ])
  const tokens = stub.requests.map(({ headers }) => headers['x-vault-token'])
  const { client_token: token } = LOGIN_ANSWER.auth
  expect(tokens).toEqual([undefined, undefined, token, token])
  expect(stub.requests.every(({ headers }) => headers['x-vault-namespace'] === undefined)).toBe(true)
  expect(proxy.connections()).toBe(0)
  expect(stderr).not.toMatch(/node-vault|canary|BEGIN|agent-app/)
})

test('NODE_TLS_REJECT_UNAUTHORIZED and VAULT_SKIP_VERIFY do not make a foreign server trusted', async () => {
  const other = await makeAuthority()
  onTestFinished(() => other.remove())
  const stub = await vaultStub(await other.issue())
  const { stdout } = await runHostile(stub, 'http://127.0.0.1:9')
  expect(stdout).toBe('vault-untrusted\n')
  expect(stub.requests).toHaveLength(0)
})

function vaultStub(pair: Pair): Promise<Stub> {
  return rig.stub((response, { url }) => {
    if (url.endsWith('/health')) return answerJson(response, 200, HEALTHY)
    if (url.endsWith('/login')) return answerJson(response, 200, LOGIN_ANSWER)
    return answerJson(response, 200, rig.signed)
  }, pair)
}

/** A process of its own, because Node and node-vault read much of this only once. It also has to end by itself. */
async function runHostile(stub: Stub, proxy: string) {
  const proxyUrl = proxy.replace('https:', 'http:')
  const finished = await run([process.execPath, join(import.meta.dirname, 'hostile-environment.ts')], {
    timeoutMs: 20_000,
    input: JSON.stringify({ address: stub.address, caPem: rig.authority.caPem, pair: rig.client }),
    env: {
      PATH: process.env.PATH,
      VAULT_ADDR: 'https://127.0.0.1:9',
      VAULT_TOKEN: 'canary-of-the-environment',
      VAULT_PREFIX: '/canary',
      VAULT_NAMESPACE: 'canary',
      VAULT_SKIP_VERIFY: 'true',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: proxyUrl,
      HTTP_PROXY: proxyUrl,
      ALL_PROXY: proxyUrl,
      DEBUG: '*',
    },
  })
  expect(finished.exit).toBe(0)
  return finished
}
