import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HttpTarget } from '../../../src/core/consumers/target.ts'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { findMemberStates } from '../../../src/reload/active.ts'
import { type TellRun, tellTarget } from '../../../src/reload/tell.ts'
import { must } from '../../rig/command.ts'
import { tellRun } from './tell-run.ts'

let directory: string
const servers: Server[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kr-http-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(directory, { recursive: true })
})

test('a POST without a body, once; any status from 200 to 299 is told', async () => {
  const asked: string[] = []
  const url = await listen((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['content-length']}`)
    response.writeHead(204).end()
  })
  expect(await tell({ url: `${url}/-/reload?soft=1` })).toMatchObject({
    outcome: 'told',
    message: 'answered 204, still listening 1s later',
  })
  expect(asked).toEqual(['POST /-/reload?soft=1 0'])
})

test('method and status as configured', async () => {
  const url = await listen((request, response) =>
    response.writeHead(request.method === 'PUT' ? 409 : 200).end(),
  )
  expect(await tell({ url, method: 'PUT', status: 409 })).toMatchObject({ outcome: 'told' })
  expect(await messageOf({ url, status: 409, text: 'T' })).toBe('expected status 409 from T, found 200')
})

test('a Unix socket', async () => {
  const socketPath = join(directory, 'socket')
  await listen((_, response) => response.end(), { socketPath })
  expect(await tell({ url: 'http://localhost/reload', socketPath })).toMatchObject({ outcome: 'told' })
})

test('a redirect is followed nowhere', async () => {
  const asked: string[] = []
  const url = await listen((request, response) => {
    asked.push(String(request.url))
    response.writeHead(307, { location: '/other' }).end()
  })
  expect(await messageOf({ url: `${url}/reload`, text: 'T' })).toBe('expected status 2xx from T, found 307')
  expect(asked).toEqual(['/reload'])
})

test('a refusal with its own words', async () => {
  const url = await listen((_, response) => response.writeHead(500).end('first\nno \u001b[31msuch key\n'))
  expect(await messageOf({ url, text: 'T' })).toBe('expected status 2xx from T, found 500: no [31msuch key')
})

test.each<[string, RequestListener, string]>([
  [
    'more than anybody would read',
    (_, response) => response.end('x'.repeat(1_000_000)),
    'at most 262144 bytes',
  ],
  [
    'half an answer',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half')
      setTimeout(() => response.destroy(), 50)
    },
    'expected a whole answer on T, found ECONNRESET',
  ],
  ['no answer', () => {}, 'expected an answer within 1s, found none'],
])('%s', async (_, answer, message) => {
  const url = await listen(answer)
  expect(await messageOf({ url, text: 'T', timeoutMs: 1500 })).toContain(message)
})

test('nobody listens: the consumer is down', async () => {
  const url = await listen(() => {})
  servers.pop()?.close()
  expect(await tell({ url, text: 'T' })).toMatchObject({
    fault: 'target-missing',
    message: 'expected somebody to listen on T, found ECONNREFUSED',
  })
  expect(await findMemberStates(target({ url, text: 'T' }), tellRun())).toMatchObject([{ active: false }])
})

test('one that answers and then is gone was not told', async () => {
  const url = await listen((_, response) => {
    response.end()
    servers.pop()?.close()
  })
  expect(await messageOf({ url, text: 'T' })).toBe('expected somebody to listen on T, found ECONNREFUSED')
})

test('https trusts the authorities in ca_file, and no others', async () => {
  const key = join(directory, 'key')
  const cert = join(directory, 'cert')
  const subject = ['-subj', '/CN=app', '-addext', 'subjectAltName=IP:127.0.0.1']
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await must([
    'openssl',
    'req',
    '-x509',
    ...algorithm,
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    ...subject,
  ])
  const url = await listen((_, response) => response.end(), { tls: { key, cert } })
  expect(await tell({ url, caFile: cert })).toMatchObject({ outcome: 'told' })
  expect(await messageOf({ url, text: 'T' })).toBe(
    'expected a whole answer on T, found DEPTH_ZERO_SELF_SIGNED_CERT',
  )
  await writeFile(join(directory, 'empty'), '')
  expect(await messageOf({ url, caFile: join(directory, 'empty') })).toBe(
    `expected authorities in ${directory}/empty, found none`,
  )
  const readTrusted = () => {
    throw new KeyrollerError('config-untrusted', 'expected owner 0, found 1000')
  }
  expect(await messageOf({ url, caFile: cert }, { readTrusted })).toBe(
    `expected authorities in ${cert}, found expected owner 0, found 1000`,
  )
})

interface Place {
  readonly socketPath?: string
  readonly tls?: { readonly key: string; readonly cert: string }
}

async function listen(answer: RequestListener, { socketPath, tls }: Place = {}): Promise<string> {
  const { readFileSync } = await import('node:fs')
  const server = tls
    ? createTlsServer({ key: readFileSync(tls.key), cert: readFileSync(tls.cert) }, answer)
    : createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) =>
    socketPath === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(socketPath, resolve),
  )
  const address = server.address() as AddressInfo
  return `${tls ? 'https' : 'http'}://127.0.0.1:${address.port}`
}

function target(change: Partial<HttpTarget>): HttpTarget {
  const { url = 'http://127.0.0.1:9' } = change
  return { kind: 'http', url, method: 'POST', text: url, timeoutMs: 5000, ...change }
}

async function tell(change: Partial<HttpTarget>, run: Partial<TellRun> = {}) {
  const [result] = await tellTarget(target(change), tellRun(run))
  if (!result) throw new Error('no result')
  return result
}

async function messageOf(change: Partial<HttpTarget>, run: Partial<TellRun> = {}): Promise<string> {
  return (await tell(change, run)).message
}
