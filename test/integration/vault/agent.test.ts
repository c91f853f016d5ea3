/** TLS on both sides: which servers are trusted, and which clients a server takes. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { KeyrollerError } from '../../../src/core/errors.ts'
import { startBackground } from '../../rig/background.ts'
import { freePort } from '../../rig/free-port.ts'
import { makeAuthority, type Pair } from '../../rig/openssl-authority.ts'
import { waitFor } from '../../rig/wait-for.ts'
import { SIGN } from './sign-request.ts'
import { HEALTHY, makeStubRig, refusal, type Settings, type StubRig } from './stub-rig.ts'
import { answerJson, LOGIN_ANSWER, startTcpStub } from './stub-server.ts'

let rig: StubRig
beforeAll(async () => {
  rig = await makeStubRig()
})
afterAll(() => rig.authority.remove())

describe('trust', () => {
  test('nothing listens', async () => {
    const stub = await rig.stub(() => {})
    await stub.close()
    const failure = await refusal(rig.open(stub).health())
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/connection refused/)
  })

  test('the name does not resolve', async () => {
    const failure = await refusal(rig.open({ address: 'https://vault.invalid:8200' }).health())
    expect(failure.code).toBe('vault-unreachable')
  })

  test('another authority', async () => {
    const other = await makeAuthority()
    onTestFinished(() => other.remove())
    const failure = await refusedHealth(await other.issue())
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toMatch(/the issuer of the server certificate is not in the CA file \(UNABLE_TO_/)
  })

  test('another name', async () => {
    const failure = await refusedHealth(await rig.authority.issue({ names: 'DNS:other.example' }))
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toMatch(
      /expected a server certificate for 127.0.0.1, found names DNS:other.example$/,
    )
  })

  test('a name in the common name only', async () => {
    const pair = await rig.authority.issue({ commonName: 'vault.example', names: '' })
    const failure = await refusedHealth(pair, { serverName: 'vault.example' })
    expect(failure.message).toMatch(/expected a server certificate for vault.example, found names none$/)
  })

  test('server_name names the certificate of an address', async () => {
    const stub = await rig.stub(
      (response) => answerJson(response, 200, HEALTHY),
      await rig.authority.issue({ names: 'DNS:vault.example' }),
    )
    await expect(rig.open(stub, { serverName: 'vault.example' }).health()).resolves.toMatchObject({
      sealed: false,
    })
    await expect(rig.open(stub).health()).rejects.toThrow('found names DNS:vault.example')
  })

  test('an expired certificate', async () => {
    const failure = await refusedHealth(await rig.authority.issue({ days: -1 }))
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('the server certificate has expired')
  })

  test('a client certificate where a server certificate belongs', async () => {
    const failure = await refusedHealth(await rig.authority.issue({ usage: 'clientAuth' }))
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('not for server authentication')
  })

  test('TLS 1.1 only', async () => {
    const stub = await rig.stub(() => {}, rig.server, {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    })
    const failure = await refusal(rig.open(stub).health())
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('expected TLS 1.2 or newer')
  })

  test('plain http', async () => {
    const stub = await tcpStub((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const failure = await refusal(rig.open(stub).health())
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('expected TLS, found: wrong version number')
  })

  test.each(['-tls1_2', '-tls1_3'] as const)(
    'a listener that takes only clients it knows, %s',
    async (version) => {
      const listener = await strictListener(version)
      const failure = await refusal(rig.open(listener).login(rig.login))
      expect(failure.code).toBe('login-refused')
      expect(failure.message).toMatch(/the listener refused the client certificate: tlsv1 alert unknown ca$/)
    },
  )

  test('a key that is not the certificate’s is told before anything is sent', async () => {
    const stub = await rig.stub(() => {})
    const login = { ...rig.login, pair: { certPem: rig.client.certPem, keyPem: rig.server.keyPem } }
    const failure = await refusal(rig.open(stub).login(login))
    expect(failure.code).toBe('identity-unusable')
    expect(stub.connections()).toBe(0)
  })
})

test('every connection shows the certificate of its own session, and none is resumed', async () => {
  const successor = await rig.authority.issue({ commonName: 'agent-app-2', usage: 'clientAuth' })
  const stub = await rig.stub(
    (response, { url }) => answerJson(response, 200, url.endsWith('/login') ? LOGIN_ANSWER : rig.signed),
    rig.server,
    { maxVersion: 'TLSv1.2' },
  )
  const vault = rig.open(stub)
  for (const pair of [rig.client, successor]) {
    const session = await vault.login({ ...rig.login, pair })
    await Promise.all([SIGN, SIGN, SIGN].map(session.sign))
    await session.revoke()
  }
  const { client, ...others } = Object.groupBy(stub.requests, (one) =>
    one.client === 'CN=agent-app' ? 'client' : one.client === 'CN=agent-app-2' ? 'successor' : 'nobody',
  )
  expect(client).toHaveLength(5)
  expect(others).toEqual({ successor: stub.requests.slice(5) })
  expect(stub.connections()).toBe(6)
  expect(stub.requests.some((one) => one.wasResumed)).toBe(false)
})

async function refusedHealth(pair: Pair, settings: Settings = {}): Promise<KeyrollerError> {
  const stub = await rig.stub((response) => answerJson(response, 200, HEALTHY), pair)
  const failure = await refusal(rig.open(stub, settings).health())
  expect(stub.requests).toHaveLength(0)
  return failure
}

async function tcpStub(use: (socket: Socket) => void) {
  const stub = await startTcpStub(use)
  onTestFinished(stub.close)
  return stub
}

/** openssl's server, because Node's own closes such connections without the alert that Go sends. */
async function strictListener(version: string): Promise<{ address: string }> {
  const other = await makeAuthority()
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-listener-'))
  const [pair, ca] = [join(dir, 'pair.pem'), join(dir, 'ca.pem')]
  await writeFile(pair, rig.server.certPem + rig.server.keyPem)
  await writeFile(ca, other.caPem)
  const port = await freePort()
  const tls = ['-cert', pair, '-key', pair, '-CAfile', ca, '-Verify', '1', '-verify_return_error', version]
  const listener = startBackground(['openssl', 's_server', '-accept', `127.0.0.1:${port}`, '-www', ...tls], {
    logFile: join(dir, 'log'),
    env: process.env,
  })
  onTestFinished(async () => {
    await listener.stop()
    await other.remove()
    await rm(dir, { recursive: true })
  })
  await waitFor('openssl listens', () => canConnect(port))
  return { address: `https://127.0.0.1:${port}` }
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect').finally(() => socket.destroy())
  return true
}
