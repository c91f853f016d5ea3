/** What a look presents and what it makes of it: client certificates, ALPN, sockets in the file system, SPIFFE IDs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { TlsProbe } from '../../../src/core/consumers/probe.ts'
import type { Served } from '../../../src/core/consumers/served.ts'
import { type Expectation, pollServed } from '../../../src/serve/poll-served.ts'
import { parseAnchors } from '../../../src/x509/anchors.ts'
import { authority, DAY_MS, issue } from '../x509/authority.ts'
import { closedPort, tlsServer } from './servers.ts'

const NAME = 'web.int.privsec.ch'
const ID = 'spiffe://privsec.ch/web'
const NOW_MS = Date.now()
const life = { notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + DAY_MS }
const root = await authority('Root', life)
const other = await authority('Other', life)
const current = await issue({
  commonName: NAME,
  issuer: root,
  altNames: [{ type: 'url', value: ID }],
  ...life,
})
const agent = await issue({ commonName: 'agent', issuer: root, ...life })
const stranger = await issue({ commonName: 'stranger', issuer: other, ...life })
const SERVING = { key: current.keyPem, cert: current.certPem }
const MUTUAL = { ...SERVING, requestCert: true, rejectUnauthorized: true, ca: root.certPem }

describe('a server that wants a certificate of its clients', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: takes the one presented', async (maxVersion) => {
    const { port } = await tlsServer({ ...MUTUAL, maxVersion })
    expect(await poll({ port }, {}, { client: pairOf(agent) })).toEqual({
      outcome: 'served',
      message: `127.0.0.1:${port} serves serial ${current.parsed.facts.serial}`,
    })
  })

  test('and none of those it does not trust: served, but not verified', async () => {
    const { port } = await tlsServer(MUTUAL)
    const seen = await poll({ port }, {}, { client: pairOf(stranger) })
    expect(seen.outcome).toBe('served')
    expect(seen.unverified).toMatch(
      /expected the client certificate to be taken, found (?:ERR_SSL|ECONNRESET|the end)/,
    )
  })

  test('before TLS 1.3 it does not come so far', async () => {
    const { port } = await tlsServer({ ...MUTUAL, maxVersion: 'TLSv1.2' })
    expect(await poll({ port }, {}, { client: pairOf(stranger) })).toMatchObject({
      outcome: expect.stringMatching(/^(?:not-tls|reset)$/),
    })
    expect(await poll({ port }, {})).toMatchObject({ outcome: expect.stringMatching(/^(?:not-tls|reset)$/) })
  })

  test('a client certificate that cannot be read: looked without it, and said', async () => {
    const { port } = await tlsServer(SERVING)
    const client = { fault: { message: 'expected a client certificate, found none' } }
    expect(await poll({ port }, {}, { client })).toMatchObject({
      outcome: 'served',
      unverified: `127.0.0.1:${port}: expected a client certificate, found none`,
    })
    expect(await poll({ port }, { strict: true }, { client })).toMatchObject({
      outcome: 'unverified',
      message: expect.stringContaining(
        'is served, but not verified: expected a client certificate, found none',
      ),
    })
  })
})

describe('SPIFFE', () => {
  test('the ID of the verified chain is recorded', async () => {
    const { port } = await tlsServer(SERVING)
    expect(await poll({ port }, { trustDomain: 'privsec.ch' })).toMatchObject({ outcome: 'served', peer: ID })
  })

  test('without a trust domain nobody is named', async () => {
    const { port } = await tlsServer(SERVING)
    expect(await poll({ port })).not.toHaveProperty('peer')
  })

  test('one of another trust domain is recorded, or denied', async () => {
    const { port } = await tlsServer(SERVING)
    const mismatch = `expected one SPIFFE ID of other.ch, found ${ID}`
    expect(await poll({ port }, { trustDomain: 'other.ch' })).toMatchObject({
      outcome: 'served',
      unverified: `127.0.0.1:${port}: ${mismatch}`,
    })
    expect(await poll({ port }, { trustDomain: 'other.ch', strict: true })).toMatchObject({
      outcome: 'unverified',
      message: expect.stringContaining(mismatch),
    })
  })

  test('an unverified chain names nobody, whatever it says', async () => {
    const { port } = await tlsServer(SERVING)
    const anchors = parseAnchors(other.certPem, '/etc/other.pem')
    const seen = await poll({ port }, { trustDomain: 'privsec.ch' }, { anchors })
    expect(seen.outcome).toBe('chain-incomplete')
    expect(seen).not.toHaveProperty('peer')
  })
})

describe('anchors that cannot be used', () => {
  const anchors = { fault: { message: 'expected a readable file, found ENOENT at /etc/root.pem' } }

  test('the certificate is compared by its fingerprint, and that is said; nobody is named', async () => {
    const { port } = await tlsServer(SERVING)
    const seen = await poll({ port }, { trustDomain: 'privsec.ch' }, { anchors })
    expect(seen).toEqual({
      outcome: 'served',
      message: `127.0.0.1:${port} serves serial ${current.parsed.facts.serial}`,
      unverified: `127.0.0.1:${port}: expected a readable file, found ENOENT at /etc/root.pem`,
    })
  })

  test('strict: that is not served', async () => {
    const { port } = await tlsServer(SERVING)
    expect(await poll({ port }, { strict: true }, { anchors })).toMatchObject({ outcome: 'unverified' })
  })

  test('another certificate is another one all the same', async () => {
    const { port } = await tlsServer({ key: agent.keyPem, cert: agent.certPem })
    expect(await poll({ port }, {}, { anchors })).toMatchObject({ outcome: 'other-certificate' })
  })
})

test('ALPN is offered in order', async () => {
  const offered: (readonly string[])[] = []
  const pick: TlsOptions['ALPNCallback'] = ({ protocols }) => {
    offered.push(protocols)
    return protocols[0]
  }
  const { port } = await tlsServer({ ...SERVING, ALPNCallback: pick })
  expect(await poll({ port }, { alpn: ['h2', 'http/1.1'] })).toMatchObject({ outcome: 'served' })
  expect(offered).toEqual([['h2', 'http/1.1']])
})

test('a server that speaks none of what is offered', async () => {
  const { port } = await tlsServer({ ...SERVING, ALPNProtocols: ['imap'] })
  expect(await poll({ port }, { alpn: ['h2'] })).toMatchObject({
    outcome: 'not-tls',
    message: expect.stringContaining('ALERT_NO_APPLICATION_PROTOCOL'),
  })
})

describe('a socket in the file system', () => {
  test('is met as a port is', async () => {
    const path = await unixServer()
    expect(await poll({ path })).toEqual({
      outcome: 'served',
      message: `unix:${path} serves serial ${current.parsed.facts.serial}`,
    })
  })

  test('that is not there is not up', async () => {
    expect(await poll({ path: '/nowhere/web.sock' })).toEqual({
      outcome: 'not-up',
      message: 'unix:/nowhere/web.sock: ENOENT',
    })
  })
})

test('nobody is left waiting when the port is closed', async () => {
  const port = await closedPort()
  expect(await poll({ port }, {}, { client: pairOf(agent) })).toMatchObject({ outcome: 'not-up' })
})

async function unixServer(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-probe-'))
  const path = join(dir, 'web.sock')
  const server = createServer(SERVING, (socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(async () => {
    server.close()
    await rm(dir, { recursive: true })
  })
  return path
}

function poll(
  place: { readonly port: number } | { readonly path: string },
  changes: Partial<TlsProbe> = {},
  around: Partial<Expectation> = {},
): Promise<Served> {
  const where =
    'path' in place
      ? { address: place, text: `unix:${place.path}` }
      : { address: { host: '127.0.0.1', ...place }, text: `127.0.0.1:${place.port}` }
  return pollServed(
    { kind: 'tls', ...where, serverName: NAME, alpn: [], strict: false, timeoutMs: 1_000, ...changes },
    {
      expected: current.parsed.facts,
      anchors: parseAnchors(root.certPem, '/etc/root.pem'),
      environment: {},
      signal: new AbortController().signal,
      ...around,
    },
  )
}

function pairOf({ keyPem, certPem }: typeof agent) {
  return { keyPem, certPem }
}
