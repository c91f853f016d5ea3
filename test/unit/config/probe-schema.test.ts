import { describe, expect, test } from 'vitest'
import { isPaired } from '../../../src/core/material.ts'
import { certificate, IDENTITY, load, PKI, problems, VAULT } from './written.ts'

const DEFAULTS = { kind: 'tls', serverName: 'web.example.com', alpn: [], strict: false, timeoutMs: 15_000 }
const AT_443 = { ...DEFAULTS, address: { host: '127.0.0.1', port: 443 }, text: '127.0.0.1:443' }

test.each([
  ['{ connect = "127.0.0.1:443" }', [AT_443]],
  [
    '{ connect = "[::1]:8443", timeout = "1m" }',
    [{ ...DEFAULTS, address: { host: '::1', port: 8443 }, text: '[::1]:8443', timeoutMs: 60_000 }],
  ],
  [
    '{ connect = "proxy:1", server_name = "a.b" }',
    [{ ...DEFAULTS, address: { host: 'proxy', port: 1 }, text: 'proxy:1', serverName: 'a.b' }],
  ],
  [
    '{ connect = "unix:/run/web.sock" }',
    [{ ...DEFAULTS, address: { path: '/run/web.sock' }, text: 'unix:/run/web.sock' }],
  ],
  ['{ connect = "127.0.0.1:443", starttls = "ldap" }', [{ ...AT_443, startTls: 'ldap' }]],
  ['{ connect = "127.0.0.1:443", alpn = ["h2", "http/1.1"] }', [{ ...AT_443, alpn: ['h2', 'http/1.1'] }]],
  ['{ connect = "127.0.0.1:443", trust_domain = "privsec.ch" }', [{ ...AT_443, trustDomain: 'privsec.ch' }]],
  [
    '{ connect = "127.0.0.1:443", client = "identity/agent" }',
    [{ ...AT_443, client: { material: 'identity/agent' } }],
  ],
  [
    '{ connect = "127.0.0.1:443", client = { cert = "/etc/look.crt", key = "/etc/look.key" } }',
    [{ ...AT_443, client: { certFile: '/etc/look.crt', keyFile: '/etc/look.key' } }],
  ],
  [
    '{ exec = ["/bin/look", "-v"], timeout = "2s" }',
    [{ kind: 'exec', argv: ['/bin/look', '-v'], text: 'exec:["/bin/look","-v"]', timeoutMs: 2000 }],
  ],
  [
    '[{ connect = "127.0.0.1:443" }, { exec = ["/bin/look"] }]',
    [AT_443, { kind: 'exec', argv: ['/bin/look'], text: 'exec:/bin/look', timeoutMs: 15_000 }],
  ],
])('probe = %s', (written, probes) => {
  const [, web] = load(VAULT + PKI + IDENTITY + certificate(`probe = ${written}`)).materials.filter(isPaired)
  expect(web?.probes).toEqual(probes)
})

test('without one nobody looks', () => {
  expect(load(VAULT + PKI + IDENTITY).materials.filter(isPaired)[0]?.probes).toEqual([])
})

const DOMAIN = 'a trust domain in lower case without scheme and path, like example.org'

describe('problems', () => {
  test.each([
    ['{ connect = "unix:run/web.sock" }', 'probe.connect: expected HOST:PORT or unix:/PATH'],
    [`{ connect = "unix:/${'a'.repeat(107)}" }`, 'probe.connect: expected HOST:PORT or unix:/PATH'],
    [
      '{ connect = "a:1", starttls = "ftp" }',
      'probe.starttls: expected one of smtp, imap, postgres, ldap, found "ftp"',
    ],
    [
      '{ connect = "a:1", alpn = [""] }',
      'probe.alpn.0: expected a protocol name like h2 or http/1.1, found ""',
    ],
    ['{ connect = "a:1", trust_domain = "" }', `probe.trust_domain: expected ${DOMAIN}, found ""`],
    [
      '{ connect = "a:1", trust_domain = "spiffe://privsec.ch" }',
      `probe.trust_domain: expected ${DOMAIN}, found "spiffe://privsec.ch"`,
    ],
    ['{ connect = "a:1", strict = "yes" }', 'probe.strict: expected true or false, found "yes"'],
    [
      '{ connect = "a:1", client = "identity/nobody" }',
      'probe.client: expected a configured identity or certificate, found identity/nobody',
    ],
    ['{ exec = ["look"] }', 'probe.exec.0: expected an absolute path'],
    [
      '{ exec = ["/bin/look"], server_name = "a" }',
      'probe.server_name: expected a known key, found server_name',
    ],
    ['[]', 'probe: expected a table with connect, or with exec; or a list of such tables, found []'],
    ['[{ connect = "nowhere" }]', 'probe.0.connect: expected HOST:PORT or unix:/PATH'],
  ])('probe = %s', (written, told) => {
    const found = problems(VAULT + PKI + IDENTITY + certificate(`probe = ${written}`))
    expect(found).toEqual([expect.stringContaining(`keyroller.toml: certificate.web.${told}`)])
  })

  test('a strict probe that its own certificate could never pass', () => {
    const probe = 'probe = { connect = "a:1", trust_domain = "privsec.ch", strict = true }'
    const told =
      'keyroller.toml: certificate.web.probe.trust_domain: expected uris with one SPIFFE ID of privsec.ch, found'
    expect(problems(VAULT + PKI + IDENTITY + certificate(probe))).toEqual([`${told} []`])
    expect(problems(VAULT + PKI + IDENTITY + certificate(probe, 'uris = ["spiffe://other.ch/web"]'))).toEqual(
      [`${told} ["spiffe://other.ch/web"]`],
    )
    expect(
      problems(VAULT + PKI + IDENTITY + certificate(probe, 'uris = ["spiffe://privsec.ch/web"]')),
    ).toEqual([])
  })
})

describe('on_unserved', () => {
  const ROLL_BACK = 'on_unserved = "roll-back"'
  const PROBED = 'probe = { connect = "a:1" }'
  const PREVIOUS = '[previous]\nkeep = 0\n'
  const at = 'keyroller.toml: certificate.web.on_unserved: expected'

  test('what is not served stays, unless it is said otherwise', () => {
    const [, web] = load(VAULT + PKI + IDENTITY + certificate(PROBED)).materials.filter(isPaired)
    expect(web?.onUnserved).toBe('keep')
  })

  test.each([
    [[ROLL_BACK, PROBED], '', []],
    [[ROLL_BACK], '', [`${at} a probe beside roll-back, found none`]],
    [[ROLL_BACK, PROBED], PREVIOUS, [`${at} [previous] keep of at least 1 beside roll-back, found 0`]],
    [
      [ROLL_BACK, PROBED, 'ephemeral = true'],
      '',
      [`${at} keep for an ephemeral material, of which nothing is kept, found "roll-back"`],
    ],
    [['on_unserved = "restart"', PROBED], '', [`${at} one of keep, roll-back, found "restart"`]],
  ])('%j %j', (lines, previous, told) => {
    expect(problems(VAULT + PKI + previous + IDENTITY + certificate(...lines))).toEqual(told)
  })

  test('nor may an identity whose mapping trusts what is installed alone', () => {
    const agent = `${IDENTITY}mapping_pins = "certificate"\n${PROBED}\n${ROLL_BACK}\n`
    expect(problems(VAULT + PKI + agent)).toEqual([
      'keyroller.toml: identity.agent.on_unserved: expected keep beside mapping_pins = "certificate", found "roll-back"',
    ])
  })
})
