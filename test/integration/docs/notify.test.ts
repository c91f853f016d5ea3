/** What docs/notify.md shows is what is sent, and its program does what it says. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse } from 'smol-toml'
import { expect, onTestFinished, test } from 'vitest'
import { notify } from '../../../src/config/notify-schema.ts'
import { owingHost } from '../../unit/run/notify/owing-host.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/notify.md'), 'utf8')
const shown = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? ''

test('the message has the form that is shown', async () => {
  const { renew, heard, folder } = await owingHost()
  await renew(0)
  const [message] = heard()
  const said = JSON.stringify(message)
    .replaceAll(hostname(), 'web1')
    .replaceAll(`exec:${folder}/consumer`, 'podman:proxy')
  expect(JSON.parse(said)).toEqual(JSON.parse(shown('json')))
})

test('the configuration is one', () => {
  const { notify: written } = parse(shown('toml'))
  expect(notify.safeParse(written).success).toBe(true)
})

test('the program hands the text to a chat, with its header', async () => {
  const calls: { body: unknown; authorization: string | undefined }[] = []
  const server = createServer(async (request, response) => {
    calls.push({ body: JSON.parse(await text(request)), authorization: request.headers.authorization })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { renew, place, folder } = await owingHost('exec = ["~/chat"]')
  place('header', 'Authorization: Bearer t0ken\n', 0o600)
  const program = shown('sh')
    .replace('https://chat.example.com', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    .replace('/etc/keyroller/chat-header', `${folder}/header`)
  place('chat', program, 0o755)
  expect((await renew(0)).notes).toEqual([])
  const said = `${hostname()}: certificate/web owed: not loaded: owed: exec:${folder}/consumer since 2026-06-01T11:00:00Z`
  expect(calls).toEqual([{ body: { body: said }, authorization: 'Bearer t0ken' }])
})
