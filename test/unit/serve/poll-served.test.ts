/** Against real servers: what a client meets, in one word, and the sentence beside it. */
import { createSecureContext, type TlsOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { TlsProbe } from '../../../src/core/consumers/probe.ts'
import { SERVE_OUTCOMES, type Served } from '../../../src/core/consumers/served.ts'
import { pollServed } from '../../../src/serve/poll-served.ts'
import { parseAnchors } from '../../../src/x509/anchors.ts'
import { authority, DAY_MS, type Issued, issue, type Order } from '../x509/authority.ts'
import { closedPort, httpServer, rawServer, tlsServer } from './servers.ts'

const NAME = 'web.int.privsec.ch'
/** OpenSSL asks the clock of the machine. */
const NOW_MS = Date.now()
const life = { notBeforeMs: NOW_MS - 2 * DAY_MS, notAfterMs: NOW_MS + 2 * DAY_MS }
const root = await authority('Root', life)
const intermediate = await authority('Intermediate', { ...life, issuer: root })
const current = await leaf({ notBeforeMs: NOW_MS - DAY_MS })
const older = await leaf({ notBeforeMs: NOW_MS - 2 * DAY_MS })

describe('served', () => {
  test('the certificate with its chain', async () => {
    const { port } = await tlsServer(serving(current))
    expect(await poll(port)).toEqual({
      outcome: 'served',
      message: `127.0.0.1:${port} serves serial ${current.parsed.facts.serial}`,
    })
  })

  test('by its name, from a server of many', async () => {
    const other = await leaf({ commonName: 'other.int.privsec.ch' })
    const contexts = new Map([[NAME, createSecureContext(serving(current))]])
    const { port } = await tlsServer({
      ...serving(other),
      SNICallback: (name, done) => done(null, contexts.get(name)),
    })
    expect(await poll(port)).toMatchObject({ outcome: 'served' })
    expect(await poll(port, { serverName: 'other.int.privsec.ch' })).toMatchObject({
      outcome: 'other-certificate',
    })
  })

  test('to those who trust the intermediate itself', async () => {
    const { port } = await tlsServer(serving(current))
    expect(await poll(port, {}, intermediate.certPem)).toMatchObject({ outcome: 'served' })
  })

  test('by a server that wants a certificate of its clients', async () => {
    const { port } = await tlsServer({
      ...serving(current),
      requestCert: true,
      rejectUnauthorized: true,
      ca: root.certPem,
    })
    expect(await poll(port)).toMatchObject({ outcome: 'served' })
  })

  test('by TLS 1.2', async () => {
    const { port } = await tlsServer({ ...serving(current), maxVersion: 'TLSv1.2' })
    expect(await poll(port)).toMatchObject({ outcome: 'served' })
  })

  test('a while after the reload', async () => {
    const { port, server } = await tlsServer(serving(older))
    setTimeout(() => server.setSecureContext(serving(current)), 500)
    const startedAt = performance.now()
    expect(await poll(port, { timeoutMs: 10_000 })).toMatchObject({ outcome: 'served' })
    expect(performance.now() - startedAt).toBeGreaterThan(400)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test('by a consumer that first resets, then is down, then is back', async () => {
    let visits = 0
    const { port, server } = await tlsServer(serving(current))
    server.prependListener('connection', (socket) => {
      visits += 1
      if (visits < 3) socket.resetAndDestroy()
    })
    expect(await poll(port, { timeoutMs: 10_000 })).toMatchObject({ outcome: 'served' })
    expect(visits).toBe(3)
  })
})

describe('another certificate', () => {
  test('the one before: the consumer has not reloaded', async () => {
    const { port } = await tlsServer(serving(older))
    expect(await poll(port)).toEqual({
      outcome: 'old-certificate',
      message: `127.0.0.1:${port}: expected serial ${current.parsed.facts.serial} to be served, found serial ${older.parsed.facts.serial} of ${NAME}`,
    })
  })

  test.each<[string, Partial<Order>]>([
    ['of another name', { commonName: 'other.int.privsec.ch' }],
    ['of the same name, but younger', { notBeforeMs: NOW_MS - DAY_MS / 2 }],
    ['without a name', { commonName: '', name: [] }],
  ])('%s: somebody else’s', async (_, order) => {
    const { port } = await tlsServer(serving(await leaf(order)))
    expect(await poll(port)).toMatchObject({ outcome: 'other-certificate' })
  })
})

describe('chain-incomplete', () => {
  test.each<[string, () => Promise<TlsOptions>, string]>([
    [
      'the leaf alone',
      async () => ({ key: current.keyPem, cert: current.certPem }),
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    [
      'another intermediate beside it',
      async () => ({ key: current.keyPem, cert: current.certPem + (await authority('Other', life)).certPem }),
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
  ])('%s', async (_, options, code) => {
    const { port } = await tlsServer(await options())
    expect(await poll(port)).toEqual({
      outcome: 'chain-incomplete',
      message: `127.0.0.1:${port}: serial ${current.parsed.facts.serial} is served, but a client finds ${code}`,
    })
  })

  test('a chain that ends in another root', async () => {
    const { port } = await tlsServer(serving(current))
    const other = await authority('Other', life)
    expect(await poll(port, {}, other.certPem)).toMatchObject({ outcome: 'chain-incomplete' })
  })
})

describe('not-up', () => {
  test('nobody listens', async () => {
    const port = await closedPort()
    expect(await poll(port)).toEqual({ outcome: 'not-up', message: `127.0.0.1:${port}: ECONNREFUSED` })
  })

  test('a host nobody knows', async () => {
    expect(await poll(443, { host: 'nobody.invalid' })).toEqual({
      outcome: 'not-up',
      message: expect.stringMatching(/^nobody\.invalid:443: E(NOTFOUND|AI_AGAIN)$/),
    })
  })
})

describe('reset', () => {
  test('by the peer', async () => {
    const port = await rawServer((socket) => socket.resetAndDestroy())
    expect(await poll(port)).toEqual({
      outcome: 'reset',
      message: `127.0.0.1:${port}: connection reset by peer`,
    })
  })

  test('closed in silence', async () => {
    const port = await rawServer((socket) => socket.end())
    expect(await poll(port)).toMatchObject({ outcome: 'reset' })
  })

  test('a consumer that accepts and says nothing, until the time is over', async () => {
    const port = await rawServer(() => undefined)
    const startedAt = performance.now()
    expect(await poll(port, { timeoutMs: 300 })).toEqual({
      outcome: 'reset',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+: no certificate within \d+ ms$/),
    })
    expect(performance.now() - startedAt).toBeLessThan(1_500)
  })
})

describe('not-tls', () => {
  test('plain HTTP', async () => {
    const port = await httpServer()
    expect(await poll(port)).toEqual({
      outcome: 'not-tls',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+: the TLS handshake failed with ERR_SSL_\w+$/),
    })
  })

  test('a protocol that speaks first', async () => {
    const port = await rawServer((socket) => socket.write('220 mail ESMTP\r\n'))
    expect(await poll(port)).toMatchObject({ outcome: 'not-tls' })
  })

  test('TLS older than 1.2', async () => {
    const options = {
      ...serving(current),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    } as const
    const { port } = await tlsServer(options)
    expect(await poll(port)).toMatchObject({ outcome: 'not-tls' })
  })
})

test('every outcome is one that is met here, or beside: unverified, probe-failed', () => {
  expect(SERVE_OUTCOMES).toEqual([
    'served',
    'old-certificate',
    'other-certificate',
    'chain-incomplete',
    'unverified',
    'probe-failed',
    'not-tls',
    'reset',
    'not-up',
  ])
})

test('a run that is told to stop looks once and says what it saw', async () => {
  const { port } = await tlsServer(serving(older))
  const startedAt = performance.now()
  const seen = await poll(port, { timeoutMs: 60_000 }, root.certPem, AbortSignal.abort())
  expect(seen).toMatchObject({ outcome: 'old-certificate' })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('a run that is told to stop does not wait for a consumer that says nothing', async () => {
  const port = await rawServer(() => undefined)
  const startedAt = performance.now()
  const seen = await poll(port, { timeoutMs: 60_000 }, root.certPem, AbortSignal.timeout(200))
  expect(seen).toMatchObject({ outcome: 'reset' })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

interface ProbeChanges {
  readonly host?: string
  readonly serverName?: string
  readonly timeoutMs?: number
}

function poll(
  port: number,
  changes: ProbeChanges = {},
  anchorsPem = root.certPem,
  signal = new AbortController().signal,
): Promise<Served> {
  const { host = '127.0.0.1', ...rest } = changes
  const probe: TlsProbe = {
    ...{ kind: 'tls', address: { host, port }, text: `${host}:${port}` },
    ...{ serverName: NAME, alpn: [], strict: false, timeoutMs: 400 },
    ...rest,
  }
  const anchors = parseAnchors(anchorsPem, '/etc/pki-root.pem')
  return pollServed(probe, { expected: current.parsed.facts, anchors, environment: {}, signal })
}

function serving({ keyPem, certPem }: Issued): { key: string; cert: string } {
  return { key: keyPem, cert: certPem + intermediate.certPem }
}

function leaf(order: Partial<Order> = {}): Promise<Issued> {
  return issue({ commonName: NAME, issuer: intermediate, ...life, ...order })
}
