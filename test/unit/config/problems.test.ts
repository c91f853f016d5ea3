/** What an operator is told: file, key, what was expected, what was found. */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
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
      'keyroller.toml: certificate.api.reload.1: expected podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM, found "nginx"',
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
      `${SOUND}[metrics]\nport = 9\n`,
      ['metrics: expected a known key, found metrics, which is none'],
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

describe('keys of a certificate', () => {
  test.each([
    ['identity = "nobody"', 'identity: expected the name of a configured identity, found "nobody"'],
    ['identity = "constructor"', 'identity: expected the name of a configured identity, found "constructor"'],
    [
      'role = "web/../sys"',
      'role: expected a Vault name of letters, digits, dot, dash, underscore, found "web/../sys"',
    ],
    [
      'pki_mount = "pki/../sys"',
      'pki_mount: expected a mount path like pki-prod or team/pki, found "pki/../sys"',
    ],
    ['pki_mount = "/pki"', 'pki_mount: expected a mount path like pki-prod or team/pki, found "/pki"'],
    ['common_name = ""', 'common_name: expected a common name of at most 64 printable characters, found ""'],
    [
      'common_name = "a\\nb"',
      'common_name: expected a common name of at most 64 printable characters, found "a\\nb"',
    ],
    ['dns_names = ["a..b"]', 'dns_names.0: expected a DNS name, found "a..b"'],
    ['dns_names = ["a,b"]', 'dns_names.0: expected a DNS name, found "a,b"'],
    ['dns_names = "a.b"', 'dns_names: expected a list, found "a.b"'],
    ['ip_addresses = ["10.0.0.256"]', 'ip_addresses.0: expected an IPv4 or IPv6 address, found "10.0.0.256"'],
    [
      'ip_addresses = ["fe80::1%eth0"]',
      'ip_addresses.0: expected an IPv4 or IPv6 address, found "fe80::1%eth0"',
    ],
    [
      'ip_addresses = ["::ffff:c000:207"]',
      'ip_addresses.0: expected an IPv4 or IPv6 address, found "::ffff:c000:207"',
    ],
    ['uris = ["/web"]', 'uris.0: expected a URI with a scheme, like spiffe://example.org/web, found "/web"'],
    [
      'uris = ["spiffe://x/\\nb"]',
      'uris.0: expected a URI with a scheme, like spiffe://example.org/web, found "spiffe://x/\\nb"',
    ],
    [
      'uris = ["spiffe://zürich/web"]',
      'uris.0: expected a URI with a scheme, like spiffe://example.org/web, found "spiffe://zürich/web"',
    ],
    ['ephemeral = "yes"', 'ephemeral: expected true or false, found "yes"'],
    [
      'key_type = "ec-p224"',
      'key_type: expected one of ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519, found "ec-p224"',
    ],
    ['ttl = "0s"', 'ttl: expected a duration like 30s, 72h or 30d, found "0s"'],
    ['owner = -1', 'owner: expected an account or group, by name or number, found -1'],
    ['owner = true', 'owner: expected an account or group, by name or number, found true'],
    ['group = "9999999999"', 'group: expected an account or group, by name or number, found "9999999999"'],
    ['group = "a:b"', 'group: expected an account or group, by name or number, found "a:b"'],
    [
      'files = { fullchain = "/srv/web.pem" }',
      'files: expected key or combined, found {"fullchain":"/srv/web.pem"}',
    ],
    [
      'files = { key = "/srv/web.key" }',
      'files: expected cert, fullchain or combined beside the key, found {"key":"/srv/web.key"}',
    ],
    [
      'files = { key = "web.key", cert = "/srv/web.pem" }',
      'files.key: expected an absolute path without . or .. or doubled slashes, found "web.key"',
    ],
    [
      'files = { key = "/srv/../web.key", cert = "/srv/web.pem" }',
      'files.key: expected an absolute path without . or .. or doubled slashes, found "/srv/../web.key"',
    ],
    [
      'files = { key = "/srv/a\\nb", cert = "/srv/web.pem" }',
      'files.key: expected an absolute path without . or .. or doubled slashes, found "/srv/a\\nb"',
    ],
    [
      'files = { key = 1, cert = "/srv/web.pem" }',
      'files.key: expected an absolute path, or a table with path, format, mode, owner, group, found 1',
    ],
    [
      'files = { key = { path = "/srv/web.key", mode = 0o640 }, cert = "/srv/web.pem" }',
      'files.key.mode: expected a mode in octal as text, like "0640", found 416',
    ],
    [
      'files = { key = { path = "/srv/web.key", mod = "0640" }, cert = "/srv/web.pem" }',
      'files.key.mod: expected a known key, found mod, which is none',
    ],
    [
      'files = { key = { mode = "0640" }, cert = "/srv/web.pem" }',
      'files.key.path: expected an absolute path without . or .. or doubled slashes, found nothing',
    ],
    [
      'files = { key = { path = "/srv/web.key", format = "jks" }, cert = "/srv/web.pem" }',
      'files.key.format: expected one of pkcs8, pkcs1, sec1, der, found "jks"',
    ],
    [
      'files = { key = { path = "/srv/web.key", format = "pkcs1" }, cert = "/srv/web.pem" }',
      'files.key.format: expected pkcs8 or sec1 for key_type ec-p256, found "pkcs1"',
    ],
    [
      'files = { key = "/srv/web.key", cert = { path = "/srv/web.pem", format = "pkcs8" } }',
      'files.cert.format: expected one of pem, der, found "pkcs8"',
    ],
    [
      'files = { key = "/srv/web.key", fullchain = { path = "/srv/web.pem", format = "der" } }',
      'files.fullchain.format: expected a known key, found format, which is none',
    ],
    [
      'files = { combined = { path = "/srv/web.pem", order = ["key", "chain", "cert"] } }',
      'files.combined.order: expected cert, chain and key, each once, cert before chain, found ["key","chain","cert"]',
    ],
    [
      'files = { combined = { path = "/srv/web.pem", order = ["cert", "key"] } }',
      'files.combined.order: expected cert, chain and key, each once, cert before chain, found ["cert","key"]',
    ],
    [
      'files = { combined = { path = "/srv/web.pem", order = ["cert", "chain", "key", "key"] } }',
      'files.combined.order: expected cert, chain and key, each once, cert before chain, found ["cert","chain","key","key"]',
    ],
    [
      'files = { combined = { path = "/srv/web.pem", order = ["cert", "chain", "ca"] } }',
      'files.combined.order.2: expected one of cert, chain, key, found "ca"',
    ],
    [
      'files = { pkcs12 = { path = "/srv/web.p12", password_file = "/etc/p" } }',
      'files: expected key or combined, found {"pkcs12":{"path":"/srv/web.p12","password_file":"/etc/p"}}',
    ],
    [
      'files = { combined = "/srv/web.pem", pkcs12 = "/srv/web.p12" }',
      'files.pkcs12: expected a table with path, password_file, name, mode, owner, group, found "/srv/web.p12"',
    ],
    [
      'files = { combined = "/srv/web.pem", pkcs12 = { path = "/srv/web.p12" } }',
      'files.pkcs12.password_file: expected an absolute path without . or .. or doubled slashes, found nothing',
    ],
    [
      'files = { combined = 1 }',
      'files.combined: expected an absolute path, or a table with path, order, mode, owner, group, found 1',
    ],
    [
      'probe = { connect = "127.0.0.1" }',
      'probe.connect: expected HOST:PORT, like 127.0.0.1:443 or [::1]:443, found "127.0.0.1"',
    ],
    [
      'probe = { connect = "127.0.0.1:0" }',
      'probe.connect: expected HOST:PORT, like 127.0.0.1:443 or [::1]:443, found "127.0.0.1:0"',
    ],
    [
      'probe = { connect = "127.0.0.1:70000" }',
      'probe.connect: expected HOST:PORT, like 127.0.0.1:443 or [::1]:443, found "127.0.0.1:70000"',
    ],
    [
      'probe = { connect = "[10.0.0.1]:443" }',
      'probe.connect: expected HOST:PORT, like 127.0.0.1:443 or [::1]:443, found "[10.0.0.1]:443"',
    ],
    [
      'probe = { connect = "web:443", server_name = "*.example.com" }',
      'probe.server_name: expected a DNS name here, or as common_name, found "*.example.com"',
    ],
  ])('%s', (line, told) => {
    expect(problems(VAULT + PKI + IDENTITY + certificate(line))).toEqual([
      `keyroller.toml: certificate.web.${told}`,
    ])
  })

  test.each(['192.0.2.7', 'My Server', '*.example.com'])(
    'a probe needs a server name when the common name is %s',
    (name) => {
      const web = certificate(`common_name = "${name}"`, 'probe = { connect = "127.0.0.1:443" }')
      expect(problems(VAULT + PKI + IDENTITY + web)).toEqual([
        `keyroller.toml: certificate.web.probe.server_name: expected a DNS name here, or as common_name, found "${name}"`,
      ])
    },
  )

  test.each([
    ['rsa-2048', 'sec1', 'pkcs8 or pkcs1'],
    ['ec-p384', 'pkcs1', 'pkcs8 or sec1'],
    ['ed25519', 'pkcs1', 'pkcs8'],
    ['ed25519', 'sec1', 'pkcs8'],
  ])('a key of %s has no form %s', (keyType, format, expected) => {
    const files = `files = { key = { path = "/srv/web.key", format = "${format}" }, cert = "/srv/web.pem" }`
    const web = certificate(`key_type = "${keyType}"`, files)
    expect(problems(VAULT + PKI + IDENTITY + web)).toEqual([
      `keyroller.toml: certificate.web.files.key.format: expected ${expected} for key_type ${keyType}, found "${format}"`,
    ])
  })

  test('an empty table lacks what it must say', () => {
    expect(problems(`${VAULT}${PKI}[certificate.web]\n`)).toEqual([
      'keyroller.toml: certificate.web.identity: expected a name of letters, digits, dot, dash, underscore, found nothing',
      'keyroller.toml: certificate.web.role: expected a Vault name of letters, digits, dot, dash, underscore, found nothing',
      'keyroller.toml: certificate.web.common_name: expected a common name of at most 64 printable characters, found nothing',
      'keyroller.toml: certificate.web.files: expected a table, found nothing',
    ])
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
