/** What an operator is told of a certificate's keys; those of an identity are the same but for its login. */
import { describe, expect, test } from 'vitest'
import { certificate, IDENTITY, PKI, problems, VAULT } from './written.ts'

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
      'probe.connect: expected HOST:PORT or unix:/PATH, like 127.0.0.1:443, [::1]:443 or unix:/run/web.sock, found "127.0.0.1"',
    ],
    [
      'probe = { connect = "127.0.0.1:0" }',
      'probe.connect: expected HOST:PORT or unix:/PATH, like 127.0.0.1:443, [::1]:443 or unix:/run/web.sock, found "127.0.0.1:0"',
    ],
    [
      'probe = { connect = "127.0.0.1:70000" }',
      'probe.connect: expected HOST:PORT or unix:/PATH, like 127.0.0.1:443, [::1]:443 or unix:/run/web.sock, found "127.0.0.1:70000"',
    ],
    [
      'probe = { connect = "[10.0.0.1]:443" }',
      'probe.connect: expected HOST:PORT or unix:/PATH, like 127.0.0.1:443, [::1]:443 or unix:/run/web.sock, found "[10.0.0.1]:443"',
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
