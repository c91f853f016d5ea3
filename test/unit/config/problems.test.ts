/** What an operator is told: file, key, what was expected, what was found. */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { RELOAD_TEXTS } from '../../../src/config/reload-text.ts'
import { certificate, IDENTITY, PKI, problems, SOUND, VAULT, write } from './written.ts'

test('a sound configuration has no problem', () => expect(problems(SOUND)).toEqual([]))

test('all problems are told at once, those within entries and those across them', () => {
  const text = `
[vault]
adress = "https://vault.example.com"
ca_file = "vault-ca.pem"

[pki]
mount = "../sys"
trust_file = "/etc/pki-root.pem"

[identity.agent]
mapping = "agent"
role = "agent"
common_name = "agent.example.com"
ttl = 30
files = { key = { path = "/srv/agent.key", mode = "999" }, cert = "/srv/agent.crt" }

[certificate.web]
identity = "agnt"
role = "web"
common_name = "web.example.com"
files = { key = "/srv/web.key", fullchain = "/srv/web.pem" }
reload = ["podman:proxy"]

[certificate.api]
identity = "agent"
role = "api"
common_name = "api.example.com"
files = { key = "/srv/web.key", fullchain = "/srv/api.pem", bundle = "/srv/bundle.pem" }
reload = ["podman:proxy", "nginx", "podman:proxy"]
`
  expect(problems(text).toSorted()).toEqual(
    [
      'keyroller.toml: vault.adress: expected a known key, found adress, which is none',
      'keyroller.toml: vault.address: expected it here or in VAULT_ADDR, found neither',
      'keyroller.toml: vault.ca_file: expected an absolute path without . or .. or doubled slashes, found "vault-ca.pem"',
      'keyroller.toml: pki.mount: expected a mount path like pki-prod or team/pki, found "../sys"',
      'keyroller.toml: identity.agent.ttl: expected a duration like 30s, 72h or 30d, found 30',
      'keyroller.toml: identity.agent.files.key.mode: expected a mode in octal as text, like "0640", found "999"',
      'keyroller.toml: certificate.web.identity: expected the name of a configured identity, found "agnt"',
      'keyroller.toml: certificate.api.files.bundle: expected a known key, found bundle, which is none',
      `keyroller.toml: certificate.api.reload.1: expected ${RELOAD_TEXTS}, found "nginx"`,
      'keyroller.toml: certificate.api.reload.2: expected each target once, found "podman:proxy"',
    ].toSorted(),
  )
})

describe('sections', () => {
  test.each([
    [
      'nothing at all',
      '',
      [
        'vault.address: expected it here or in VAULT_ADDR, found neither',
        'vault.ca_file: expected it here or in VAULT_CACERT, found neither',
      ],
    ],
    [
      'an unknown one',
      `${SOUND}[mterics]\nport = 9\n`,
      ['mterics: expected a known key, found mterics, which is none'],
    ],
    ['one that is no table', `vault = 1\n${PKI}${IDENTITY}`, ['vault: expected a table, found 1']],
    [
      'a list where a table belongs',
      `${VAULT}[[identity]]\nrole = "x"\n`,
      ['identity: expected a table, found [{"role":"x"}]'],
    ],
    [
      'a material that is no table',
      `${VAULT}[certificate]\nweb = "x"\n`,
      ['certificate.web: expected a table, found "x"'],
    ],
    [
      'PKI defaults that nobody gives',
      VAULT + IDENTITY,
      [
        'identity.agent.pki_mount: expected it here or as [pki] mount, found neither',
        'identity.agent.trust_file: expected it here or as [pki] trust_file, found neither',
      ],
    ],
  ])('%s', (_, text, told) => expect(problems(text)).toEqual(told.map((one) => `keyroller.toml: ${one}`)))
})

describe('keys of a section', () => {
  test.each([
    [
      'address = "http://vault:8200"',
      'vault.address: expected an https:// address without path, like https://vault.example.com:8200, found "http://vault:8200"',
    ],
    [
      'address = "https://vault:8200/v1"',
      'vault.address: expected an https:// address without path, like https://vault.example.com:8200, found "https://vault:8200/v1"',
    ],
    [
      'address = "https://vault:8200?"',
      'vault.address: expected an https:// address without path, like https://vault.example.com:8200, found "https://vault:8200?"',
    ],
    [
      'address = "https://root:token@vault"',
      'vault.address: expected an https:// address without path, like https://vault.example.com:8200, found "https://root:token@vault"',
    ],
    [
      'address = "https://vault:99999"',
      'vault.address: expected an https:// address without path, like https://vault.example.com:8200, found "https://vault:99999"',
    ],
    [
      'address = ["https://a", "http://b"]',
      'vault.address.1: expected an https:// address without path, like https://vault.example.com:8200, found "http://b"',
    ],
    ['address = []', 'vault.address: expected an https:// address, or a list of them, found []'],
    ['server_name = "a b"', 'vault.server_name: expected a DNS name, found "a b"'],
    [
      'namespace = "../root"',
      'vault.namespace: expected a namespace like team-a or team-a/web, found "../root"',
    ],
    ['timeout = "25h"', 'vault.timeout: expected a duration of at most 1d, like 30s, found "25h"'],
    ['timeout = 30', 'vault.timeout: expected a duration of at most 1d, like 30s, found 30'],
  ])('[vault] %s', (line, told) => {
    const vault = VAULT.split('\n').filter((one) => !line.startsWith(one.split(' = ')[0] ?? '') || one === '')
    expect(problems(`${vault.join('\n')}${line}\n`)).toEqual([`keyroller.toml: ${told}`])
  })

  test.each([
    [
      'renew_at = "1/3"',
      'renewal.renew_at: expected a fraction like 2/3 between 1/2 and 1, or a duration like 7d, found "1/3"',
    ],
    [
      'renew_at = "3/3"',
      'renewal.renew_at: expected a fraction like 2/3 between 1/2 and 1, or a duration like 7d, found "3/3"',
    ],
    ['spread = "1/3"', 'renewal.spread: expected a fraction between 0 and 1/4, like 1/20, found "1/3"'],
    ['run_timeout = "30d"', 'renewal.run_timeout: expected a duration of at most 1d, like 30s, found "30d"'],
    ['concurrency = 0', 'renewal.concurrency: expected a whole number from 1 to 64, found 0'],
    ['concurrency = 65', 'renewal.concurrency: expected a whole number from 1 to 64, found 65'],
    ['max_parallel = 0', 'renewal.max_parallel: expected a whole number from 1 to 64, found 0'],
    ['concurrency = 1.5', 'renewal.concurrency: expected a whole number from 1 to 64, found 1.5'],
    ['concurrency = nan', 'renewal.concurrency: expected a whole number from 1 to 64, found NaN'],
    ['concurrency = "16"', 'renewal.concurrency: expected a whole number from 1 to 64, found "16"'],
  ])('[renewal] %s', (line, told) => {
    expect(problems(`${VAULT}[renewal]\n${line}\n`)).toEqual([`keyroller.toml: ${told}`])
  })

  test.each([
    ['keep = 17', 'previous.keep: expected a whole number from 0 to 16, found 17'],
    ['keep = -1', 'previous.keep: expected a whole number from 0 to 16, found -1'],
    ['grace = "0d"', 'previous.grace: expected a duration like 30s, 72h or 30d, found "0d"'],
    ['shred = "no"', 'previous.shred: expected true or false, found "no"'],
  ])('[previous] %s', (line, told) => {
    expect(problems(`${VAULT}[previous]\n${line}\n`)).toEqual([`keyroller.toml: ${told}`])
  })
})

describe('names of materials', () => {
  test.each(['a b', 'a/b', '.a', '-', 'ü', '', 'a'.repeat(65)])('%j is none', (name) => {
    expect(problems(VAULT + PKI + IDENTITY.replace('agent]', `"${name}"]`))).toEqual([
      `keyroller.toml: identity.${name}: expected a name of letters, digits, dot, dash, underscore, found ${JSON.stringify(name)}`,
    ])
  })

  test.each(['constructor', 'toString', 'a.b', '0'])('%s is one', (name) => {
    expect(problems(VAULT + PKI + IDENTITY.replace('agent]', `"${name}"]`))).toEqual([])
  })
})

describe('two files at one path would take turns for ever', () => {
  test('within a material', () => {
    const web = certificate('files = { key = "/srv/web.pem", fullchain = "/srv/web.pem" }')
    expect(problems(VAULT + PKI + IDENTITY + web)).toEqual([
      'keyroller.toml: certificate.web.files.fullchain: expected a path of its own, found /srv/web.pem, which is also certificate.web.files.key',
    ])
  })

  test('across materials', () => {
    const web = certificate('files = { key = "/srv/agent.key", cert = "/srv/web.pem" }')
    expect(problems(VAULT + PKI + IDENTITY + web)).toEqual([
      'keyroller.toml: certificate.web.files.key: expected a path of its own, found /srv/agent.key, which is also identity.agent.files.key',
    ])
  })
})

describe('text that is no TOML', () => {
  test.each([
    [
      'a key twice',
      `${VAULT}[vault]\n`,
      'line 4: expected valid TOML, found trying to redefine an already defined table or value',
    ],
    ['a mode without quotes', `mode = 0640\n`, 'line 1: expected valid TOML, found illegal leading zero'],
    [
      'a number nobody can hold',
      `x = 99999999999999999999\n`,
      'line 1: expected valid TOML, found integer value cannot be represented losslessly',
    ],
  ])('%s: its line, and nothing that may follow from it', (_, text, told) => {
    expect(problems(text)).toEqual([`keyroller.toml: ${told}`])
  })

  test('what is wrong in the other files is told too', () => {
    const dropIns = { 'keyroller.d/10-web.toml': certificate('ttl = 1'), 'keyroller.d/20-bad.toml': '[' }
    expect(problems(SOUND.replace('[certificate.web]', '[certificate.other]'), dropIns)).toEqual([
      expect.stringMatching(/^keyroller\.d\/20-bad\.toml: line 1: expected valid TOML, found /),
      'keyroller.d/10-web.toml: certificate.web.ttl: expected a duration like 30s, 72h or 30d, found 1',
    ])
  })
})

test('what was found is cut before it fills the screen', () => {
  const [told = ''] = problems(VAULT + PKI + IDENTITY + certificate(`ttl = "${'9'.repeat(500)}"`))
  expect(told.length).toBeLessThan(200)
  expect(told).toMatch(/found "9+\.\.\.$/)
})

describe('loadConfig throws them, each on a line of its own', () => {
  test.each([
    [
      'one',
      VAULT + PKI + IDENTITY + certificate('ttl = 1'),
      /^1 problem in the configuration:\n {2}\S+keyroller.toml: certificate.web.ttl: [^\n]+$/,
    ],
    ['two', '', /^2 problems in the configuration:\n {2}[^\n]+\n {2}[^\n]+$/],
  ])('%s', (_, text, message) => {
    const { main: file } = write(text)
    expect(() => loadConfig({ file, env: {}, uid: process.getuid?.() ?? 0 })).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(message) }),
    )
  })
})
