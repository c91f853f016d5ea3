import { expect, test } from 'vitest'
import type { Issuance } from '../../../src/core/material.ts'
import { checkRequest } from '../../../src/x509/check-request.ts'
import { generateKeypair } from '../../../src/x509/keypair.ts'
import { onlyBlock, toPem } from '../../../src/x509/pem.ts'
import { makeSigningRequest } from '../../../src/x509/signing-request.ts'

const ISSUANCE: Issuance = {
  pkiMount: 'pki-prod',
  role: 'nginx-ncprd1',
  commonName: 'ncprd1.int.privsec.ch',
  dnsNames: ['ncprd1.prod.privsec.ch', '*.apps.privsec.ch'],
  ipAddresses: ['192.0.2.7', '2001:db8::7', '::', '::1', '1::', '::ffff:192.0.2.1', 'FE80:0:0:0:0:0:0:1'],
  uris: ['spiffe://privsec.ch/ncprd1'],
  emails: ['ops@privsec.ch'],
  subject: {
    country: ['CH'],
    province: ['Zürich'],
    locality: ['Zürich'],
    organization: ['PrivSec, O=evil', 'B'],
    organizationalUnit: ['Ops'],
    serialNumber: ["4 2'()+,-./:=?"],
  },
  reuseKey: false,
  keyType: 'ec-p256',
  trustFile: '/etc/keyroller/pki-root.pem',
}

const keypair = await generateKeypair('ec-p256')
const request = (change: Partial<Issuance> = {}) => makeSigningRequest({ ...ISSUANCE, ...change }, keypair)

test('another parser reads exactly the names configured', async () => {
  await expect(checkRequest(request().pem, ISSUANCE)).resolves.toBeUndefined()
})

test('no alternative names at all', async () => {
  const bare = {
    ...{ ...ISSUANCE, commonName: 'agent', subject: {} },
    ...{ dnsNames: [], ipAddresses: [], uris: [], emails: [] },
  }
  await expect(checkRequest(makeSigningRequest(bare, keypair).pem, bare)).resolves.toBeUndefined()
})

test.each([
  ['common name', { commonName: 'other.int.privsec.ch' }],
  ['DNS names', { dnsNames: ['ncprd1.prod.privsec.ch'] }],
  ['URIs', { uris: [] }],
  ['email addresses', { emails: [] }],
  ['IP addresses', { ipAddresses: ['192.0.2.8'] }],
  ['subject country', { subject: { ...ISSUANCE.subject, country: ['DE'] } }],
  ['subject organisation', { subject: { ...ISSUANCE.subject, organization: ['B'] } }],
  ['subject serial number', { subject: { ...ISSUANCE.subject, serialNumber: [] } }],
])('a request with other %s is refused', async (what, change) => {
  await expect(checkRequest(request(change).pem, ISSUANCE)).rejects.toThrow(
    `signing request: expected ${what}`,
  )
})

test('a request whose signature does not hold is refused', async () => {
  const der = Buffer.from(onlyBlock(request().pem, 'CERTIFICATE REQUEST'))
  const at = der.indexOf('ncprd1.int')
  der.write('evil', at)
  await expect(checkRequest(toPem('CERTIFICATE REQUEST', der), ISSUANCE)).rejects.toThrow('verifies')
})

test('the shape is that of names and key type, not of the key', async () => {
  const other = makeSigningRequest(ISSUANCE, await generateKeypair('ec-p256'))
  expect(other.shape).toBe(request().shape)
  expect(other.pem).not.toBe(request().pem)
  const changed = [
    { commonName: 'x.int.privsec.ch' },
    ...[{ dnsNames: [] }, { uris: [] }, { ipAddresses: [] }, { emails: [] }, { subject: {} }],
  ]
  expect(new Set([other.shape, ...changed.map((change) => request(change).shape)]).size).toBe(7)
})
