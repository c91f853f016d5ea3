import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCertificate } from '../../../src/x509/certificate-facts.ts'
import { onlyBlock } from '../../../src/x509/pem.ts'
import { authority, DAY_MS, issue, NOW_MS } from './authority.ts'

test('every fact of a leaf', async () => {
  const issuer = await authority('PrivSec Intermediate CA (prod)')
  const { parsed } = await issue({
    commonName: 'ncprd1.int.privsec.ch',
    issuer,
    altNames: [
      { type: 'dns', value: 'ncprd1.int.privsec.ch' },
      { type: 'dns', value: '*.apps.privsec.ch' },
      { type: 'ip', value: '192.0.2.7' },
      { type: 'url', value: 'spiffe://privsec.ch/ncprd1' },
      { type: 'email', value: 'ops@privsec.ch' },
    ],
    usages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
  })
  expect(parsed.facts).toEqual({
    serial: parsed.x509.serialNumber.toLowerCase(),
    fingerprint: createHash('sha256').update(parsed.x509.raw).digest('hex'),
    notBeforeMs: NOW_MS - 10 * DAY_MS,
    notAfterMs: NOW_MS + 20 * DAY_MS,
    commonName: 'ncprd1.int.privsec.ch',
    subject: {},
    issuerName: 'PrivSec Intermediate CA (prod)',
    dnsNames: ['ncprd1.int.privsec.ch', '*.apps.privsec.ch'],
    ipAddresses: ['192.0.2.7'],
    uris: ['spiffe://privsec.ch/ncprd1'],
    emails: ['ops@privsec.ch'],
    otherNameKinds: [],
    keyType: 'ec-p256',
    isCa: false,
    extendedKeyUsages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
  })
})

test('a certificate that says nothing but a key', async () => {
  const { parsed } = await issue({ commonName: '', name: [] })
  expect(parsed.facts).toMatchObject({
    commonName: '',
    issuerName: '',
    dnsNames: [],
    ipAddresses: [],
    uris: [],
    emails: [],
    otherNameKinds: [],
    extendedKeyUsages: [],
  })
})

test('an authority says so', async () => {
  expect((await authority('Root')).parsed.facts.isCa).toBe(true)
})

test('a certificate that lives to the end of all time', async () => {
  const { parsed } = await issue({ commonName: 'web', notAfterMs: Date.parse('9999-12-31T23:59:59Z') })
  expect(parsed.facts.notAfterMs).toBe(Date.parse('9999-12-31T23:59:59Z'))
})

describe('names come as they are, however a printer would escape them', () => {
  test.each([
    'app,O=evil',
    'a+CN=b',
    'Example, Inc. "Root" <CA>; #1',
    '#hash',
    ' spaces around ',
    'back\\slash',
    'two\nlines\tand a tab',
    'Zürich 日本',
    'CN=CN',
  ])('%j', async (commonName) => {
    const issuer = await authority(commonName)
    const { facts } = (await issue({ commonName, issuer })).parsed
    expect([facts.commonName, facts.issuerName]).toEqual([commonName, commonName])
  })

  test('property: any common name', async () => {
    // Units of a string arbitrary cost seconds to set up; plain code points do not.
    const point = fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code))
    const name = fc.array(point, { minLength: 1, maxLength: 64 }).map((points) => points.join(''))
    await fc.assert(
      fc.asyncProperty(name, async (commonName) => {
        expect((await issue({ commonName })).parsed.facts.commonName).toBe(commonName)
      }),
      { numRuns: 15 },
    )
  })
})

describe('a second common name never hides behind the first', () => {
  test.each([
    ['in a part of its own', [{ CN: ['web'] }, { CN: ['evil'] }]],
    ['in the same part', [{ CN: ['web', 'evil'] }]],
    ['behind another attribute', [{ CN: ['web'] }, { L: ['Bern'], CN: ['evil'] }]],
  ])('%s', async (_, name) => {
    expect((await issue({ commonName: 'web', name })).parsed.facts.commonName).toBe('web+evil')
  })

  test('other attributes are fields of their own', async () => {
    const name = [{ O: ['CN=evil'] }, { OU: ['x + CN=evil'] }, { CN: ['web'] }]
    expect((await issue({ commonName: 'web', name })).parsed.facts).toMatchObject({
      commonName: 'web',
      subject: { organization: ['CN=evil'], organizationalUnit: ['x + CN=evil'] },
    })
  })
})

describe('subject fields', () => {
  test('every one that keyroller can ask for, several of a kind in a part or in parts of their own', async () => {
    const name = [
      { C: [{ printableString: 'CH' }] },
      { ST: ['Bern'] },
      { L: ['Zürich, Kreis 4'] },
      { O: ['A + B', 'C=D'] },
      { OU: ['Ops'] },
      { OU: ['Web\\'] },
      { CN: ['web'] },
      { '2.5.4.5': [{ printableString: '42' }] },
    ]
    expect((await issue({ commonName: 'web', name })).parsed.facts.subject).toEqual({
      country: ['CH'],
      province: ['Bern'],
      locality: ['Zürich, Kreis 4'],
      organization: ['A + B', 'C=D'],
      organizationalUnit: ['Ops', 'Web\\'],
      serialNumber: ['42'],
    })
  })

  test('those of the issuer are none of its own', async () => {
    const issuer = await authority('CA', { name: [{ O: ['Evil'] }, { CN: ['CA'] }] })
    expect((await issue({ commonName: 'web', issuer })).parsed.facts.subject).toEqual({})
  })
})

describe('alternative names', () => {
  test('a URI may hold commas, quotes and what looks like another name', async () => {
    const uris = [
      'https://x.example/?a=1,2',
      'https://x.example/", DNS:evil.example',
      'urn:a, IP Address:10.0.0.1',
    ]
    const altNames = uris.map((value) => ({ type: 'url' as const, value }))
    const { facts } = (await issue({ commonName: 'web', altNames })).parsed
    expect(facts.uris).toEqual(uris)
    expect([facts.dnsNames, facts.ipAddresses]).toEqual([[], []])
  })

  test.each([
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0DB8:0:0:0:0:0:0001', '2001:db8::1'],
    ['::', '::'],
    ['fe80::a:0:0:1', 'fe80::a:0:0:1'],
    ['10.0.0.1', '10.0.0.1'],
  ])('the address %s has one spelling', async (value, spelled) => {
    const { facts } = (await issue({ commonName: 'web', altNames: [{ type: 'ip', value }] })).parsed
    expect(facts.ipAddresses).toEqual([spelled])
  })

  test('of names of other kinds the kind is told', () => {
    const odd = 'otherName:1.2.3.4;UTF8:DNS:evil.example,RID:1.2.3,email:x@evil.example,DNS:good.example'
    expect(parseCertificate(opensslCertificate(['ed25519'], odd)).facts).toMatchObject({
      dnsNames: ['good.example'],
      emails: ['x@evil.example'],
      otherNameKinds: ['othername', 'Registered ID'],
    })
  })
})

describe('keys that keyroller never makes', () => {
  test.each([
    ['another curve', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
    ['another length', ['rsa', '-pkeyopt', 'rsa_keygen_bits:1024']],
    ['another kind', ['ed448']],
  ])('%s is other', (_, key) => {
    expect(parseCertificate(opensslCertificate(key)).facts.keyType).toBe('other')
  })
})

test('bytes that are no certificate are refused', () => {
  expect(() => parseCertificate(Buffer.from('3003020105', 'hex'))).toThrow('no start line')
})

function opensslCertificate(key: readonly string[], altNames = 'DNS:web'): Buffer {
  const made = ['req', '-x509', '-newkey', ...key, '-nodes', '-keyout', '/dev/null', '-subj', '/CN=web']
  const pem = execFileSync('openssl', [...made, '-addext', `subjectAltName=${altNames}`], { stdio: 'pipe' })
  return onlyBlock(pem.toString(), 'CERTIFICATE')
}

// Years before 2050 are UTCTime, later ones GeneralizedTime (RFC 5280 section 4.1.2.5); single-digit days are padded.
test.each([
  ['2026-06-01T00:00:00Z', '2026-06-09T09:08:07Z'],
  ['2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z'],
  ['1999-02-28T12:00:00Z', '9999-12-31T23:59:59Z'],
])('moments are those of the certificate: %s to %s', async (from, to) => {
  const [notBeforeMs, notAfterMs] = [Date.parse(from), Date.parse(to)]
  const { parsed } = await issue({ commonName: 'web', notBeforeMs, notAfterMs })
  expect(parsed.facts).toMatchObject({ notBeforeMs, notAfterMs })
  expect([parsed.x509.validFromDate.getTime(), parsed.x509.validToDate.getTime()]).toEqual([
    notBeforeMs,
    notAfterMs,
  ])
})
