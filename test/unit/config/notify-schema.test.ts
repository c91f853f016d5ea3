import { expect, test } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { problems, SOUND, write } from './written.ts'

function notifyOf(text: string) {
  const read = readConfig({ file: write(SOUND + text).main, env: {}, uid: process.getuid?.() ?? 0 })
  return 'config' in read ? read.config.notify : read.problems
}

test('nobody is told unless said otherwise', () => {
  expect(notifyOf('')).toEqual({ timeoutMs: 10_000, limits: { perMaterial: 4, overall: 20 } })
})

test('all of it', () => {
  const text = `
[notify]
exec = ["/bin/tell", "--all"]
timeout = "3s"
max_per_material = 1
max_overall = 2
[notify.webhook]
url = "https://hook.example/path?key=1"
token_credential = "alerts"
ca_file = "/etc/hook.pem"
`
  expect(notifyOf(text)).toEqual({
    exec: ['/bin/tell', '--all'],
    webhook: {
      url: 'https://hook.example/path?key=1',
      token: { credential: 'alerts' },
      caFile: '/etc/hook.pem',
    },
    timeoutMs: 3000,
    limits: { perMaterial: 1, overall: 2 },
  })
})

test.each([
  ['exec = ["tell"]', 'notify.exec'],
  ['exec = []', 'notify.exec'],
  ['max_overall = 0', 'notify.max_overall'],
  ['webhook = { url = "http://hook.example/" }', 'notify.webhook.url'],
  ['webhook = { url = "https://user@hook.example/" }', 'notify.webhook.url'],
  ['webhook = { url = "https://h/", token_credential = "../x" }', 'notify.webhook.token_credential'],
  [
    'webhook = { url = "https://h/", token_file = "/t", token_credential = "t" }',
    'notify.webhook.token_file',
  ],
])('%s', (line, at) => {
  const found = problems(`${SOUND}[notify]\n${line}\n`)
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(at)
})
