/** The transport against servers that misbehave, one by one. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { openVault, type Vault } from '../../../src/vault/open-vault.ts'
import type { SignRequest } from '../../../src/vault/pki.ts'
import type { Session } from '../../../src/vault/session.ts'
import { startBackground } from '../../rig/background.ts'
import { freePort } from '../../rig/free-port.ts'
import { waitFor } from '../../rig/wait-for.ts'
import { type Authority, makeAuthority, type Pair } from './authority.ts'
import {
  answerJson,
  LOGIN_ANSWER,
  type Responder,
  type Stub,
  startStub,
  startTcpStub,
} from './stub-server.ts'

let authority: Authority
let server: Pair
let client: Pair

beforeAll(async () => {
  authority = await makeAuthority()
  server = await authority.issue()
  client = await authority.issue({ commonName: 'agent-app', usage: 'clientAuth' })
})
afterAll(() => authority.remove())

describe('an answer', () => {
  test('the login sends the mapping, and the token goes along from then on', async () => {
    const { session, stub } = await loggedIn((response) => answerJson(response, 200, signedAnswer()))
    await session.sign(SIGN)
    const [login, sign] = stub.requests
    expect(login).toMatchObject({ method: 'POST', url: '/v1/auth/cert/login', client: 'CN=agent-app' })
    expect(JSON.parse(login?.body ?? '')).toEqual({ name: 'agent-app' })
    expect(login?.headers['x-vault-token']).toBeUndefined()
    expect(sign).toMatchObject({ method: 'POST', url: '/v1/pki-prod/sign/nginx-app' })
    expect(sign?.headers).toMatchObject({
      'x-vault-token': LOGIN_ANSWER.auth.client_token,
      'x-vault-request': 'true',
      'x-vault-namespace': 'team-a',
      'user-agent': 'keyroller/1.2.3',
    })
  })

  test('requests share their connections, never more than asked for', async () => {
    const { session, stub } = await loggedIn((response) =>
      setTimeout(() => answerJson(response, 200, signedAnswer()), 5),
    )
    await Promise.all(Array.from({ length: 40 }, () => session.sign(SIGN)))
    expect(stub.requests).toHaveLength(41)
    expect(stub.connections()).toBe(4)
  })

  test('waiting for a free connection does not count against the deadline', async () => {
    const { session } = await loggedIn(
      (response) => setTimeout(() => answerJson(response, 200, signedAnswer()), 200),
      { timeoutMs: 700 },
    )
    await Promise.all(Array.from({ length: 24 }, () => session.sign(SIGN)))
  })

  test('HTML with status 200 is no answer', async () => {
    const failure = await refusedSign((response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end('<html>welcome</html>')
    })
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toMatch(/expected a JSON object, found other text \(status 200, text\/html\)$/)
  })

  test.each(['{"data": {"certificate"', '[]', '"text"', 'null', '17'])('%s is no answer', async (text) => {
    const failure = await refusedSign((response) => response.end(text))
    expect(failure.code).toBe('vault-answer-invalid')
  })

  test('an answer without a certificate is no answer to a sign', async () => {
    const failure = await refusedSign((response) => answerJson(response, 200, { data: {} }))
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toBe(
      'pki-prod/sign/nginx-app: expected a PEM certificate in certificate, found none',
    )
  })

  test('5 MB are not read to their end', async () => {
    let sentBytes = 0
    const failure = await refusedSign((response) => {
      const chunk = Buffer.alloc(65_536, 0x20)
      const more = () => {
        while (sentBytes < 5_000_000 && !response.destroyed) {
          sentBytes += chunk.length
          if (!response.write(chunk)) return response.once('drain', more)
        }
        return response.end()
      }
      more()
    })
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toContain('at most 1048576 bytes')
    expect(sentBytes).toBeLessThan(5_000_000)
  })

  test('a gateway in front of a server that is down is told as such, after two more tries', async () => {
    const { session, stub } = await loggedIn((response) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.end('<html>bad gateway</html>')
    })
    const failure = await refusal(session.sign(SIGN))
    expect(failure.code).toBe('vault-failed')
    expect(stub.requests).toHaveLength(4)
  })
})

describe('a redirect', () => {
  test('to another host gets no connection, no byte, and no second thought', async () => {
    const foreign = await stubFor((response) => answerJson(response, 200, signedAnswer()))
    const failure = await refusedSign((response) => {
      response.writeHead(307, { location: `${foreign.address}/v1/pki-prod/sign/nginx-app` })
      response.end()
    })
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toContain(`found one to ${foreign.address}`)
    expect(foreign.connections()).toBe(0)
  })

  test('to plain http is refused', async () => {
    const failure = await refusedSign((response, { headers }) => {
      response.writeHead(307, { location: `http://${headers.host}/v1/pki-prod/sign/nginx-app` })
      response.end()
    })
    expect(failure.code).toBe('vault-answer-invalid')
  })

  test('within the address is followed once, with method, body and token', async () => {
    const { session, stub } = await loggedIn((response, { url }) => {
      if (url.endsWith('/moved')) return answerJson(response, 200, signedAnswer())
      response.writeHead(307, { location: '/v1/moved' })
      return response.end()
    })
    await session.sign(SIGN)
    const [, first, second] = stub.requests
    expect(second).toMatchObject({ method: 'POST', url: '/v1/moved', body: first?.body })
    expect(second?.headers['x-vault-token']).toBe(LOGIN_ANSWER.auth.client_token)
  })

  test('that leads to another one is refused', async () => {
    const { session, stub } = await loggedIn((response) => {
      response.writeHead(307, { location: '/v1/again' })
      response.end()
    })
    const failure = await refusal(session.sign(SIGN))
    expect(failure.message).toContain('found a second one')
    expect(stub.requests).toHaveLength(3)
  })
})

describe('the deadline', () => {
  test('ends a body that drips', async () => {
    const failure = await refusedSign(
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const drip = setInterval(() => response.write(' '), 50)
        response.once('close', () => clearInterval(drip))
      },
      { timeoutMs: 600 },
    )
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/expected an answer within 0.6 s, found an unfinished answer$/)
  })

  test('ends silence after the request', async () => {
    const failure = await refusedSign(() => {}, { timeoutMs: 300 })
    expect(failure.message).toMatch(/found a TLS connection and silence$/)
  })

  test('ends silence after accept', async () => {
    const stub = await tcpStubFor(() => {})
    const failure = await refusal(open(stub, { timeoutMs: 300 }).health())
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/found a connection and no TLS handshake$/)
  })

  test('spans the repeats of a call', async () => {
    const startedMs = performance.now()
    await refusedSign((response) => answerJson(response, 500, { errors: ['trouble'] }), { timeoutMs: 1500 })
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })
})

describe('trouble that passes', () => {
  test.each([412, 500, 503])('after two answers %i the third counts', async (statusCode) => {
    const { session, stub } = await loggedIn((response, _, index) =>
      index <= 2
        ? answerJson(response, statusCode, { errors: ['not now'] }, { 'retry-after': '0' })
        : answerJson(response, 200, signedAnswer()),
    )
    await session.sign(SIGN)
    expect(stub.requests).toHaveLength(4)
  })

  test('a connection reset in the middle of the answer', async () => {
    const { session, stub } = await loggedIn((response, _, index) => {
      if (index > 1) return answerJson(response, 200, signedAnswer())
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"data"')
      return setTimeout(stub.reset, 20)
    })
    await session.sign(SIGN)
    expect(stub.requests).toHaveLength(3)
  })

  test('a connection that is always reset is unreachable after three tries', async () => {
    const { session, stub } = await loggedIn(() => stub.reset())
    const failure = await refusal(session.sign(SIGN))
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/the connection was reset by the peer$/)
    expect(stub.requests).toHaveLength(4)
  })

  test('a quota is waited for as long as the server says', async () => {
    const { session, stub } = await loggedIn((response, _, index) =>
      index <= 4
        ? answerJson(response, 429, { errors: ['quota'] }, { 'retry-after': index === 1 ? '1' : '0' })
        : answerJson(response, 200, signedAnswer()),
    )
    const startedMs = performance.now()
    await session.sign(SIGN)
    expect(performance.now() - startedMs).toBeGreaterThan(990)
    expect(stub.requests).toHaveLength(6)
  })

  test('a wait beyond the deadline is not begun', async () => {
    const startedMs = performance.now()
    const failure = await refusedSign((response) =>
      answerJson(
        response,
        429,
        { errors: ['request path "pki": rate limit quota exceeded'] },
        { 'retry-after': '60' },
      ),
    )
    expect(failure.code).toBe('vault-rate-limited')
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  test('a sealed server is asked once', async () => {
    const { session, stub } = await loggedIn((response) =>
      answerJson(response, 503, { errors: ['Vault is sealed'] }),
    )
    const failure = await refusal(session.sign(SIGN))
    expect(failure.code).toBe('vault-sealed')
    expect(stub.requests).toHaveLength(2)
  })
})

describe('trust', () => {
  test('nothing listens', async () => {
    const stub = await stubFor(() => {})
    await stub.close()
    const failure = await refusal(open(stub).health())
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/connection refused/)
  })

  test('the name does not resolve', async () => {
    const failure = await refusal(open({ address: 'https://vault.invalid:8200' }).health())
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
    const failure = await refusedHealth(await authority.issue({ names: 'DNS:other.example' }))
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toMatch(
      /expected a server certificate for 127.0.0.1, found names DNS:other.example$/,
    )
  })

  test('a name in the common name only', async () => {
    const pair = await authority.issue({ commonName: 'vault.example', names: '' })
    const failure = await refusedHealth(pair, { serverName: 'vault.example' })
    expect(failure.message).toMatch(/expected a server certificate for vault.example, found names none$/)
  })

  test('server_name names the certificate of an address', async () => {
    const stub = await stubFor(
      (response) => answerJson(response, 200, healthy()),
      await authority.issue({ names: 'DNS:vault.example' }),
    )
    await expect(open(stub, { serverName: 'vault.example' }).health()).resolves.toMatchObject({
      sealed: false,
    })
    await expect(open(stub).health()).rejects.toThrow('found names DNS:vault.example')
  })

  test('an expired certificate', async () => {
    const failure = await refusedHealth(await authority.issue({ days: -1 }))
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('the server certificate has expired')
  })

  test('a client certificate where a server certificate belongs', async () => {
    const failure = await refusedHealth(await authority.issue({ usage: 'clientAuth' }))
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('not for server authentication')
  })

  test('TLS 1.1 only', async () => {
    const stub = await stubFor(() => {}, server, {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    })
    const failure = await refusal(open(stub).health())
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('expected TLS 1.2 or newer')
  })

  test('plain http', async () => {
    const stub = await tcpStubFor((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const failure = await refusal(open(stub).health())
    expect(failure.code).toBe('vault-untrusted')
    expect(failure.message).toContain('expected TLS, found: wrong version number')
  })

  test.each(['-tls1_2', '-tls1_3'] as const)(
    'a listener that takes only clients it knows, %s',
    async (version) => {
      const listener = await strictListener(version)
      const failure = await refusal(open(listener).login(LOGIN()))
      expect(failure.code).toBe('login-refused')
      expect(failure.message).toMatch(/the listener refused the client certificate: tlsv1 alert unknown ca$/)
    },
  )

  test('a key that is not the certificate’s is told before anything is sent', async () => {
    const stub = await stubFor(() => {})
    const login = { ...LOGIN(), pair: { certPem: client.certPem, keyPem: server.keyPem } }
    const failure = await refusal(open(stub).login(login))
    expect(failure.code).toBe('identity-unusable')
    expect(stub.connections()).toBe(0)
  })
})

describe('the run', () => {
  test('its abort ends a call with its own reason', async () => {
    const run = new AbortController()
    const { session, stub } = await loggedIn(() => {}, { signal: run.signal })
    const asked = refusal(session.sign(SIGN))
    await arrived(stub, 2)
    run.abort(new KeyrollerError('run-deadline', 'expected the run to end within 10 m'))
    expect((await asked).code).toBe('run-deadline')
    expect((await refusal(session.sign(SIGN))).code).toBe('run-deadline')
  })

  test('its abort ends a pause', async () => {
    const run = new AbortController()
    const { session, stub } = await loggedIn(
      (response) => answerJson(response, 429, { errors: ['quota'] }, { 'retry-after': '5' }),
      { signal: run.signal },
    )
    const asked = refusal(session.sign(SIGN))
    await arrived(stub, 2)
    run.abort()
    expect((await asked).code).toBe('run-interrupted')
  })

  test('the token is revoked even then', async () => {
    const run = new AbortController()
    const { session, stub } = await loggedIn(
      (response) => {
        response.writeHead(204)
        response.end()
      },
      { signal: run.signal },
    )
    run.abort()
    await expect(session.revoke()).resolves.toEqual({ revoked: true })
    expect(stub.requests[1]).toMatchObject({ url: '/v1/auth/token/revoke-self' })
  })

  test('a revocation that fails is told, not thrown', async () => {
    const { session } = await loggedIn((response) =>
      answerJson(response, 403, { errors: ['permission denied'] }),
    )
    await expect(session.revoke()).resolves.toEqual({
      revoked: false,
      message: 'auth/token/revoke-self: status 403: permission denied',
    })
  })

  test('a revoked session keeps no socket and says nothing more', async () => {
    const { session, stub } = await loggedIn((response) => answerJson(response, 200, {}))
    await session.revoke()
    await expect(session.sign(SIGN)).rejects.toThrow(KeyrollerError)
    expect(stub.requests).toHaveLength(2)
    await expect.poll(() => stub.open()).toBe(0)
  })
})

test('a successor presents its own certificate, also to a server that resumes sessions', async () => {
  const successor = await authority.issue({ commonName: 'agent-app-2', usage: 'clientAuth' })
  const stub = await stubFor((response) => answerJson(response, 200, LOGIN_ANSWER), server, {
    maxVersion: 'TLSv1.2',
  })
  const vault = open(stub)
  for (const pair of [client, client, successor]) await vault.prove({ ...LOGIN(), pair })
  const logins = stub.requests.filter(({ url }) => url.endsWith('/login'))
  expect(logins.map((one) => one.client)).toEqual(['CN=agent-app', 'CN=agent-app', 'CN=agent-app-2'])
  expect(stub.requests.some((one) => one.wasResumed)).toBe(false)
})

interface Settings {
  readonly timeoutMs?: number
  readonly serverName?: string
  readonly signal?: AbortSignal
}

function open({ address }: { address: string }, settings: Settings = {}): Vault {
  const vault = openVault(
    {
      address,
      caFile: '/etc/keyroller/vault-ca.pem',
      namespace: 'team-a',
      timeoutMs: settings.timeoutMs ?? 10_000,
      ...(settings.serverName === undefined ? {} : { serverName: settings.serverName }),
    },
    {
      caPem: authority.caPem,
      concurrency: 4,
      version: '1.2.3',
      signal: settings.signal ?? new AbortController().signal,
    },
  )
  onTestFinished(vault.close)
  return vault
}

/** The first request is the login; `respond` answers what comes after, index 1 on. */
async function loggedIn(
  respond: Responder,
  settings: Settings = {},
): Promise<{ session: Session; stub: Stub }> {
  const stub = await stubFor((response, received, index) =>
    received.url.endsWith('/login')
      ? answerJson(response, 200, LOGIN_ANSWER)
      : respond(response, received, index),
  )
  return { session: await open(stub, settings).login(LOGIN()), stub }
}

async function refusedSign(respond: Responder, settings: Settings = {}): Promise<KeyrollerError> {
  const { session } = await loggedIn(respond, settings)
  return refusal(session.sign(SIGN))
}

async function refusedHealth(pair: Pair, settings: Settings = {}): Promise<KeyrollerError> {
  const stub = await stubFor((response) => answerJson(response, 200, healthy()), pair)
  const failure = await refusal(open(stub, settings).health())
  expect(stub.requests).toHaveLength(0)
  return failure
}

async function refusal(asked: Promise<unknown>): Promise<KeyrollerError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof KeyrollerError) return error
  throw new Error('expected a KeyrollerError', { cause: error })
}

async function stubFor(respond: Responder, pair = server, options = {}): Promise<Stub> {
  const stub = await startStub(pair, respond, options)
  onTestFinished(stub.close)
  return stub
}

async function tcpStubFor(use: (socket: Socket) => void) {
  const stub = await startTcpStub(use)
  onTestFinished(stub.close)
  return stub
}

/** openssl's server, because Node's own closes such connections without the alert that Go sends. */
async function strictListener(version: string): Promise<{ address: string }> {
  const other = await makeAuthority()
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-listener-'))
  const [pair, ca] = [join(dir, 'pair.pem'), join(dir, 'ca.pem')]
  await writeFile(pair, server.certPem + server.keyPem)
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

async function arrived(stub: Stub, count: number): Promise<void> {
  await expect.poll(() => stub.requests.length).toBe(count)
}

const LOGIN = () => ({ login: { authMount: 'cert', mapping: 'agent-app' }, pair: client })

const SIGN: SignRequest = {
  csrPem: '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
  issuance: {
    pkiMount: 'pki-prod',
    role: 'nginx-app',
    commonName: 'app.int.privsec.ch',
    dnsNames: [],
    ipAddresses: [],
    uris: [],
    keyType: 'ec-p256',
    trustFile: '/etc/keyroller/pki-root.pem',
  },
}

function signedAnswer() {
  return { data: { certificate: server.certPem, issuing_ca: authority.caPem, ca_chain: [authority.caPem] } }
}

function healthy() {
  return {
    initialized: true,
    sealed: false,
    standby: false,
    version: '1.21.1',
    server_time_utc: 1_700_000_000,
  }
}
