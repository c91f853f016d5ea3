import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Issuance, KEY_TYPES } from '../../../src/core/material.ts'
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
      ['url', 'spiffe://privsec.ch/ncprd1'],
    ])
  })

  test('openssl reads the same', async () => {
    const text = openssl(['-text', '-noout'], makeSigningRequest(ISSUANCE, p256).pem)
    expect(text).toContain(
      'DNS:ncprd1.int.privsec.ch, DNS:ncprd1.prod.privsec.ch, IP Address:192.0.2.7, ' +
        'IP Address:2001:DB8:0:0:0:0:0:7, URI:spiffe://privsec.ch/ncprd1',
    )
  })

  test('none at all make a request without extensions', async () => {
    const bare = { ...ISSUANCE, commonName: 'My Server', dnsNames: [], ipAddresses: [], uris: [] }
    const pem = makeSigningRequest(bare, p256).pem
    expect(new Pkcs10CertificateRequest(pem).extensions).toEqual([])
    expect(openssl(['-verify', '-noout'], pem)).toContain('verify OK')
  })

  test('so many that every length takes two bytes', async () => {
    const dnsNames = Array.from({ length: 500 }, (_, index) => `host-${index}.int.privsec.ch`)
    const pem = makeSigningRequest({ ...ISSUANCE, dnsNames }, p256).pem
    expect(openssl(['-verify', '-noout'], pem)).toContain('verify OK')
    expect(await alternativeNames({ ...ISSUANCE, dnsNames })).toHaveLength(504)
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
