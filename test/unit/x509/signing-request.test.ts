import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../../../src/core/key-type.ts'
import type { Issuance } from '../../../src/core/material.ts'
import { generateKeypair } from '../../../src/x509/keypair.ts'
import { onlyBlock } from '../../../src/x509/pem.ts'
import { makeSigningRequest, requestedDnsNames } from '../../../src/x509/signing-request.ts'

const ISSUANCE: Issuance = {
  pkiMount: 'pki-prod',
  role: 'nginx-ncprd1',
  commonName: 'ncprd1.int.privsec.ch',
  dnsNames: ['ncprd1.prod.privsec.ch'],
  ipAddresses: ['192.0.2.7', '2001:db8::7'],
  uris: ['spiffe://privsec.ch/ncprd1'],
  emails: ['ops@privsec.ch'],
  subject: {},
  reuseKey: false,
  keyType: 'ec-p256',
  trustFile: '/etc/keyroller/pki-root.pem',
}

const p256 = await generateKeypair('ec-p256')

describe.each(KEY_TYPES)('a request with a key of type %s', async (keyType) => {
  const keypair = await generateKeypair(keyType)
  const pem = makeSigningRequest({ ...ISSUANCE, keyType }, keypair).pem

  test('is parsed and verified by @peculiar/x509', async () => {
    const request = new Pkcs10CertificateRequest(pem)
    expect(await request.verify()).toBe(true)
    expect(request.subject).toBe('CN=ncprd1.int.privsec.ch')
  })

  test('is verified by openssl', () => expect(openssl(['-verify', '-noout'], pem)).toContain('verify OK'))

  test('holds the public key and nothing of the private one', () => {
    const asked = createPublicKey(openssl(['-pubkey', '-noout'], pem))
    expect(asked.equals(keypair.publicKey)).toBe(true)
    const secret = Buffer.from(keypair.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
    expect(secret.length).toBeGreaterThanOrEqual(32)
    expect(onlyBlock(pem, 'CERTIFICATE REQUEST').includes(secret)).toBe(false)
  })
})

test('a request that was changed does not verify', async () => {
  const pem = makeSigningRequest(ISSUANCE, p256).pem
  const der = onlyBlock(pem, 'CERTIFICATE REQUEST')
  const at = der.indexOf('ncprd1.int')
  const forged = Buffer.concat([der.subarray(0, at), Buffer.from('evil'), der.subarray(at + 4)])
  expect(await new Pkcs10CertificateRequest(forged).verify()).toBe(false)
})

describe('the common name stays one common name, whatever it looks like', () => {
  test.each([
    'app,O=evil',
    'app+CN=evil',
    'app/CN=evil',
    '#0c0465766967',
    '"evil"',
    'a"b"c',
    'back\\slash',
    'trailing space ',
    ' leading',
    '1.2.3=x',
    'Zürich',
  ])('%j', async (commonName) => expect(await commonNamesOf(commonName)).toEqual([commonName]))

  test('property: any printable text', async () => {
    const name = fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,63}$/)
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        expect(await commonNamesOf(text)).toEqual([text])
      }),
      { numRuns: 50 },
    )
  })
})

describe('alternative names', () => {
  test('of every kind, the common name first', async () => {
    expect(await alternativeNames(ISSUANCE)).toEqual([
      ['dns', 'ncprd1.int.privsec.ch'],
      ['dns', 'ncprd1.prod.privsec.ch'],
      ['ip', '192.0.2.7'],
      ['ip', '2001:db8::7'],
      ['email', 'ops@privsec.ch'],
      ['url', 'spiffe://privsec.ch/ncprd1'],
    ])
  })

  test('openssl reads the same', async () => {
    const text = openssl(['-text', '-noout'], makeSigningRequest(ISSUANCE, p256).pem)
    expect(text).toContain(
      'DNS:ncprd1.int.privsec.ch, DNS:ncprd1.prod.privsec.ch, IP Address:192.0.2.7, ' +
        'IP Address:2001:DB8:0:0:0:0:0:7, email:ops@privsec.ch, URI:spiffe://privsec.ch/ncprd1',
    )
  })

  test('none at all make a request without extensions', async () => {
    const bare = {
      ...{ ...ISSUANCE, commonName: 'My Server' },
      ...{ dnsNames: [], ipAddresses: [], uris: [], emails: [] },
    }
    const pem = makeSigningRequest(bare, p256).pem
    expect(new Pkcs10CertificateRequest(pem).extensions).toEqual([])
    expect(openssl(['-verify', '-noout'], pem)).toContain('verify OK')
  })

  test('so many that every length takes two bytes', async () => {
    const dnsNames = Array.from({ length: 500 }, (_, index) => `host-${index}.int.privsec.ch`)
    const pem = makeSigningRequest({ ...ISSUANCE, dnsNames }, p256).pem
    expect(openssl(['-verify', '-noout'], pem)).toContain('verify OK')
    expect(await alternativeNames({ ...ISSUANCE, dnsNames })).toHaveLength(505)
  })
})

describe('subject fields', () => {
  const subject = {
    country: ['CH'],
    province: ['Zürich'],
    locality: ['Zürich'],
    organization: ['PrivSec, O=evil', 'B + C'],
    organizationalUnit: ['Ops/CN=evil'],
    serialNumber: ['42'],
  }

  test('openssl reads each as it is, in the form that its attribute demands', () => {
    const pem = makeSigningRequest({ ...ISSUANCE, subject }, p256).pem
    const text = openssl(['-subject', '-noout', '-nameopt', 'multiline,show_type,utf8,-esc_msb'], pem)
    expect(
      text
        .split('\n')
        .slice(1, -1)
        .map((line) => line.trim().replace(/ += /, ' = ')),
    ).toEqual([
      'countryName = PRINTABLESTRING:CH',
      'stateOrProvinceName = UTF8STRING:Zürich',
      'localityName = UTF8STRING:Zürich',
      'organizationName = UTF8STRING:PrivSec, O=evil',
      'organizationName = UTF8STRING:B + C',
      'organizationalUnitName = UTF8STRING:Ops/CN=evil',
      'serialNumber = PRINTABLESTRING:42',
      'commonName = UTF8STRING:ncprd1.int.privsec.ch',
    ])
  })

  test('property: whatever an organisation is called, it stays one attribute of that name', async () => {
    const point = fc.integer({ min: 0x20, max: 0x2fff }).map((code) => String.fromCodePoint(code))
    const name = fc.array(point, { minLength: 1, maxLength: 64 }).map((points) => points.join(''))
    await fc.assert(
      fc.asyncProperty(name, async (organization) => {
        const issuance = { ...ISSUANCE, subject: { organization: [organization] } }
        const { subjectName } = new Pkcs10CertificateRequest(makeSigningRequest(issuance, p256).pem)
        expect(subjectName.toJSON().flatMap(Object.keys)).toEqual(['O', 'CN'])
        expect(subjectName.getField('O')).toEqual([organization])
      }),
      { numRuns: 50 },
    )
  })
})

describe('the DNS names a request asks for', () => {
  test.each([
    ['web.example.com', [], ['web.example.com']],
    ['*.example.com', ['example.com'], ['*.example.com', 'example.com']],
    ['web.example.com', ['web.example.com', 'www.example.com'], ['web.example.com', 'www.example.com']],
    ['localhost', [], []],
    ['My Server', ['web.example.com'], ['web.example.com']],
    ['ops@example.com', [], []],
    ['web.example.com,O=evil', [], []],
    ['web..example.com', [], []],
  ])('common name %s and %j', (commonName, dnsNames, asked) => {
    expect(requestedDnsNames({ ...ISSUANCE, commonName, dnsNames })).toEqual(asked)
  })
})

async function commonNamesOf(commonName: string): Promise<string[]> {
  const pem = makeSigningRequest({ ...ISSUANCE, commonName }, p256).pem
  const { subjectName } = new Pkcs10CertificateRequest(pem)
  expect(subjectName.toJSON().flatMap(Object.keys)).toEqual(['CN'])
  return subjectName.getField('CN')
}

async function alternativeNames(issuance: Issuance): Promise<string[][]> {
  const request = new Pkcs10CertificateRequest(makeSigningRequest(issuance, p256).pem)
  const extension = request.extensions.find((one) => one instanceof SubjectAlternativeNameExtension)
  return extension?.names.items.map(({ type, value }) => [type, value]) ?? []
}

function openssl(args: readonly string[], pem: string): string {
  return execFileSync('sh', ['-c', 'openssl req "$@" 2>&1', 'openssl', ...args], { input: pem }).toString()
}
