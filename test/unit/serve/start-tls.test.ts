/** Against servers that openssl s_client, which speaks each of these protocols too, goes on to TLS with; and such that refuse. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { START_TLS, type StartTls } from '../../../src/core/consumers/probe.ts'
import type { Served } from '../../../src/core/consumers/served.ts'
import { pollServed } from '../../../src/serve/poll-served.ts'
import { parseAnchors } from '../../../src/x509/anchors.ts'
import { run } from '../../rig/command.ts'
import { authority, DAY_MS, issue } from '../x509/authority.ts'
import { rawServer } from './servers.ts'

const NAME = 'web.int.privsec.ch'
const NOW_MS = Date.now()
const life = { notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + DAY_MS }
const root = await authority('Root', life)
const current = await issue({ commonName: NAME, issuer: root, ...life })

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-starttls-'))
  await writeFile(join(dir, 'root.pem'), root.certPem)
})
afterAll(() => rm(dir, { recursive: true }))

describe.each(START_TLS)('%s', (protocol) => {
  test('what is served after it', async () => {
    expect(await poll(await server(protocol), protocol)).toMatchObject({ outcome: 'served' })
  })

  test('the server is one that openssl goes on to TLS with', async () => {
    const at = ['-connect', `127.0.0.1:${await server(protocol)}`, '-starttls', protocol]
    const trust = ['-CAfile', join(dir, 'root.pem'), '-verify_return_error']
    const { exit, stdout } = await run(['openssl', 's_client', ...at, ...trust], { timeoutMs: 20_000 })
    expect(exit).toBe(0)
    expect(stdout).toContain(`CN = ${NAME}`)
  })
})

describe('a server that does not go on with TLS', () => {
  test.each<[StartTls, string, RegExp]>([
    ['smtp', '554 no service\r\n', /expected smtp to go on with TLS, found 554 no service$/],
    ['imap', '* BYE not today\r\n', /expected imap to go on with TLS, found \* BYE not today$/],
    ['postgres', 'N', /expected postgres to go on with TLS, found N$/],
    // Bytes behind the answer would be taken for the first ones under TLS (CVE-2021-23222).
    ['postgres', 'Sinjected', /expected postgres to go on with TLS, found Sinjected$/],
    [
      'ldap',
      '\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00',
      /expected ldap to go on with TLS, found/,
    ],
  ])('%s: %j', async (protocol, answer, message) => {
    const port = await rawServer((socket) => socket.write(Buffer.from(answer, 'latin1')))
    expect(await poll(port, protocol)).toEqual({
      outcome: 'not-tls',
      message: expect.stringMatching(message),
    })
  })

  test('a server without STARTTLS among what it can', async () => {
    const port = await conversation(['220 mail\r\n', '250-mail\r\n250 SIZE\r\n', '502 unknown command\r\n'])
    expect(await poll(port, 'smtp')).toMatchObject({
      outcome: 'not-tls',
      message: expect.stringContaining('502 unknown command'),
    })
  })

  test.each(START_TLS)('%s: closed', async (protocol) => {
    const port = await rawServer((socket) => socket.end())
    expect(await poll(port, protocol)).toMatchObject({ outcome: 'reset' })
  })

  test.each(START_TLS)('%s: silent until the time is over', async (protocol) => {
    const port = await rawServer(() => undefined)
    expect(await poll(port, protocol)).toMatchObject({ outcome: 'reset' })
  })

  test('one that never comes to an end is not listened to for ever', async () => {
    const port = await rawServer((socket) => socket.write(Buffer.alloc(64 * 1024, 'x')))
    expect(await poll(port, 'smtp')).toMatchObject({ outcome: 'not-tls' })
  })
})

test('an answer in pieces is one answer', async () => {
  const port = await rawServer(async (socket) => {
    for (const byte of '554-one\r\n554 no\r\n') {
      socket.write(byte)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  expect(await poll(port, 'smtp')).toMatchObject({ message: expect.stringContaining('found 554-one 554 no') })
})

function poll(port: number, startTls: StartTls): Promise<Served> {
  const place = { address: { host: '127.0.0.1', port }, text: `127.0.0.1:${port}` }
  return pollServed(
    { kind: 'tls', ...place, startTls, serverName: NAME, alpn: [], strict: false, timeoutMs: 300 },
    {
      expected: current.parsed.facts,
      anchors: parseAnchors(root.certPem, '/etc/root.pem'),
      environment: {},
      signal: new AbortController().signal,
    },
  )
}

/** What each side says, first the server; then it speaks TLS on the same connection. */
const CONVERSATIONS: Readonly<Record<StartTls, readonly (string | RegExp)[]>> = {
  smtp: [
    '220 mail ESMTP\r\n',
    /^EHLO \S+\r\n$/,
    '250-mail\r\n250 STARTTLS\r\n',
    /^STARTTLS\r\n$/,
    '220 go\r\n',
  ],
  imap: ['* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n', /^\S+ STARTTLS\r\n$/, '%TAG OK begin\r\n'],
  postgres: ['', /^.{4}.Ò.\/$/s, 'S'],
  ldap: ['', /1\.3\.6\.1\.4\.1\.1466\.20037$/, '\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00'],
}

function server(protocol: StartTls): Promise<number> {
  return rawServer(async (socket) => {
    let tag = ''
    for (const line of CONVERSATIONS[protocol]) {
      if (typeof line === 'string') socket.write(Buffer.from(line.replace('%TAG', tag), 'latin1'))
      else {
        const heard = await hear(socket)
        // openssl asks an IMAP server for its capabilities first.
        if (heard.includes('CAPABILITY')) {
          socket.write(`* CAPABILITY IMAP4rev1 STARTTLS\r\n${heard.split(' ')[0]} OK done\r\n`)
          tag = (await hear(socket)).split(' ')[0] ?? ''
        } else {
          expect(heard).toMatch(line)
          tag = heard.split(' ')[0] ?? ''
        }
      }
    }
    const secure = new TLSSocket(socket, { isServer: true, key: current.keyPem, cert: current.certPem })
    secure.on('error', () => undefined)
  })
}

async function hear(socket: Socket): Promise<string> {
  const [heard] = await once(socket, 'data')
  return heard.toString('latin1')
}

function conversation(lines: readonly string[]): Promise<number> {
  return rawServer((socket: Socket) => {
    let next = 0
    const say = () => void socket.write(lines[next++] ?? '')
    socket.on('data', say)
    say()
  })
}
