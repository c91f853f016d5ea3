import { expect, test } from 'vitest'
import { parseReload } from '../../../src/config/reload-target.ts'
import { certificate, IDENTITY, PKI, problems, VAULT } from './written.ts'

test('a unit of an account has one text, however it is written', () => {
  const spellings = ['systemd:web.service?user=app', 'systemd-user:app/web.service'] as const
  const [written, another] = spellings.map((text) => parseReload(text))
  expect(another).toEqual(written)
})

/** Two certificates with one target each. */
function found(web: string, api: string): string[] {
  const second = certificate(
    `reload = [${api}]`,
    'files = { key = "/srv/api.key", cert = "/srv/api.pem" }',
  ).replace('certificate.web', 'certificate.api')
  return problems(VAULT + PKI + IDENTITY + certificate(`reload = ["podman:other", ${web}]`) + second)
}

test.each([
  [
    '{ podman = "db", timeout = "1m" }',
    '"podman:db"',
    'podman:db with timeout 1m, as in certificate.web.reload.1, found timeout 30s',
  ],
  [
    '{ systemd = "db.service", settle = "5s", retries = 2, order = 1 }',
    '{ systemd = "db.service", restart = "if-needed" }',
    'systemd:db.service with settle 5s, retries 2, order 1, restart never, as in certificate.web.reload.1, ' +
      'found settle 1s, retries 0, order 0, restart if-needed',
  ],
  [
    '{ podman_label = "tls=true", delay = "30s" }',
    '"podman:label=tls=true"',
    'podman:label=tls=true with delay 30s, as in certificate.web.reload.1, found delay none',
  ],
  [
    '{ url = "https://localhost/reload", ca_file = "/etc/ca.pem" }',
    '"https://localhost/reload"',
    'https://localhost/reload with ca_file /etc/ca.pem, as in certificate.web.reload.1, found ca_file none',
  ],
])('%s beside %s', (web, api, told) => {
  expect(found(web, api)).toEqual([`keyroller.toml: certificate.api.reload.0: expected ${told}`])
})

test.each([
  ['the same, however it is written', '{ podman = "db", settle = "1s", timeout = "30s" }', '"podman:db"'],
  [
    'a unit of an account, by its two texts',
    '"systemd:db.service?user=app"',
    '"systemd-user:app/db.service"',
  ],
  ['another signal', '"podman:db"', '{ podman = "db", signal = "USR1", timeout = "1m" }'],
  ['a restart instead', '"podman:db"', '{ podman = "db", restart = true, order = 1 }'],
])('nothing against %s', (_, web, api) => expect(found(web, api)).toEqual([]))
