import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { authority, DAY_MS, type Issued, issue } from '../../x509/authority.ts'
import { owingHost } from './owing-host.ts'

let ca: Issued
let tls: ServerOptions
beforeAll(async () => {
  const life = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS }
  ca = await authority('Hooks', life)
  const altNames = [{ type: 'ip', value: '127.0.0.1' }] as const
  const { keyPem, certPem } = await issue({ commonName: 'hook', issuer: ca, altNames, ...life })
  tls = { key: keyPem, cert: certPem }
})

test('gets a POST with the message and the token, of which nothing is remembered', async () => {
  const hook = await listen(() => 204)
  const host = await owingHost(webhook(hook, 'token_file = "~/token"', 'ca_file = "~/hooks.pem"'))
  host.place('hooks.pem', ca.certPem)
  host.place('token', 's3cr3t-canary\n', 0o600)
  expect((await host.renew(0)).notes).toEqual([])
  await host.renew(1)
  expect(hook.calls).toEqual([
    {
      method: 'POST',
      url: '/hook/p4th-canary',
      type: 'application/json',
      authorization: 'Bearer s3cr3t-canary',
      body: expect.objectContaining({ schema: 1, events: [expect.objectContaining({ event: 'owed' })] }),
    },
  ])
  const kept = ['state', 'run'].flatMap((name) => filesIn(join(host.folder, name)))
  expect(kept.length).toBeGreaterThan(3)
  expect(kept.filter((path) => readFileSync(path, 'utf8').includes('canary'))).toEqual([])
})

test('the token is a credential of the unit', async () => {
  const hook = await listen(() => 200)
  const host = await owingHost(webhook(hook, 'token_credential = "alerts"', 'ca_file = "~/hooks.pem"'))
  host.place('hooks.pem', ca.certPem)
  host.place('alerts', 'from-systemd\n', 0o600)
  expect((await host.renew(0)).notes).toEqual([
    'webhook could not be told, the next runs try again: expected the credential alerts of a unit, found no credentials',
  ])
  await host.keyroller('renew --log human', { env: { CREDENTIALS_DIRECTORY: host.folder } })
  expect(hook.calls.map(({ authorization }) => authorization)).toEqual(['Bearer from-systemd'])
})

test.each<[string, number, string]>([
  ['a refusal', 500, 'found 500: broken'],
  ['a redirect', 307, 'found 307: broken'],
])('%s is not taken, and told without the path', async (_, status, found) => {
  const hook = await listen(() => status)
  const host = await owingHost(webhook(hook, 'ca_file = "~/hooks.pem"'))
  host.place('hooks.pem', ca.certPem)
  expect((await host.renew(0)).notes).toEqual([
    `webhook could not be told, the next runs try again: expected status 2xx from 127.0.0.1:${hook.port}, ${found}`,
  ])
})

test('a server that is not trusted gets nothing', async () => {
  const hook = await listen(() => 200)
  const host = await owingHost(webhook(hook))
  expect((await host.renew(0)).notes).toEqual([expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE')])
  expect(hook.calls).toEqual([])
})

test('a token that others may read is not used', async () => {
  const hook = await listen(() => 200)
  const host = await owingHost(webhook(hook, 'token_file = "~/token"'))
  host.place('token', 's3cr3t-canary\n', 0o644)
  expect((await host.renew(0)).notes).toEqual([expect.stringContaining('found mode 0644')])
  expect(hook.calls).toEqual([])
})

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name))
}

interface Hook {
  readonly port: number
  readonly calls: { authorization: string | undefined }[]
}

function webhook({ port }: Hook, ...lines: readonly string[]): string {
  return [`[notify.webhook]`, `url = "https://127.0.0.1:${port}/hook/p4th-canary"`, ...lines].join('\n')
}

async function listen(statusOf: () => number): Promise<Hook> {
  const calls: Hook['calls'] = []
  const server = createServer(tls, async (request, response) => {
    calls.push(await callOf(request))
    response.writeHead(statusOf(), { location: '/elsewhere' }).end('broken\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, calls }
}

async function callOf(request: IncomingMessage) {
  const { method, url, headers } = request
  const body: unknown = JSON.parse(await text(request))
  return { method, url, type: headers['content-type'], authorization: headers.authorization, body }
}
