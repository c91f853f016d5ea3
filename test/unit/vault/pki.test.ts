import { expect, test } from 'vitest'
import type { Issuance } from '../../../src/core/material.ts'
import type { VaultClient } from '../../../src/vault/client.ts'
import { signRequest } from '../../../src/vault/pki.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nMIIBAAAA\nAAA=\n-----END CERTIFICATE-----'
const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n'
const DATA = { certificate: PEM, issuing_ca: PEM, ca_chain: [PEM, `${PEM}\n`] }

const ISSUANCE: Issuance = {
  pkiMount: 'pki-prod',
  role: 'nginx-app',
  commonName: 'app.int.privsec.ch',
  dnsNames: [],
  ipAddresses: [],
  uris: [],
  emails: [],
  subject: {},
  reuseKey: false,
  keyType: 'ec-p256',
  trustFile: '/etc/keyroller/pki-root.pem',
}

test('only what is configured is asked for', async () => {
  const sent = recording()
  await signRequest(sent.client, [], { issuance: ISSUANCE, csrPem: CSR })
  expect(sent.bodies).toEqual([
    { csr: CSR, format: 'pem', remove_roots_from_chain: true, common_name: 'app.int.privsec.ch' },
  ])
})

test('all kinds of names, and a lifetime in seconds', async () => {
  const sent = recording()
  const issuance = {
    ...ISSUANCE,
    dnsNames: ['a.example', 'b.example'],
    ipAddresses: ['192.0.2.7', '2001:db8::7'],
    uris: ['spiffe://privsec.ch/app'],
    ttlMs: 86_400_000,
  }
  await signRequest(sent.client, [], { issuance, csrPem: CSR })
  expect(sent.bodies[0]).toMatchObject({
    alt_names: 'a.example,b.example',
    ip_sans: ['192.0.2.7', '2001:db8::7'],
    uri_sans: ['spiffe://privsec.ch/app'],
    ttl: '86400s',
  })
})

test('email addresses go with the DNS names, the serial number of the subject by itself, the rest is in the request', async () => {
  const sent = recording()
  const issuance = {
    ...ISSUANCE,
    dnsNames: ['a.example'],
    emails: ['ops@a.example'],
    subject: { organization: ['PrivSec'], serialNumber: ['42'] },
  }
  await signRequest(sent.client, [], { issuance, csrPem: CSR })
  expect(sent.bodies).toEqual([
    {
      ...{ csr: CSR, format: 'pem', remove_roots_from_chain: true, common_name: 'app.int.privsec.ch' },
      alt_names: 'a.example,ops@a.example',
      serial_number: '42',
    },
  ])
})

test('the answer is given as it came', async () => {
  const signed = await signRequest(recording().client, [], { issuance: ISSUANCE, csrPem: CSR })
  expect(signed).toEqual({ certificatePem: PEM, caChainPems: [PEM, `${PEM}\n`], issuingCaPem: PEM })
})

test.each([undefined, null])('a chain of %j is empty', async (chain) => {
  const { client } = recording({ data: { ...DATA, ca_chain: chain } })
  expect((await signRequest(client, [], { issuance: ISSUANCE, csrPem: CSR })).caChainPems).toEqual([])
})

test.each([
  ['no data', {}],
  ['no certificate', { data: { ...DATA, certificate: undefined } }],
  ['a number', { data: { ...DATA, certificate: 17 } }],
  ['a key', { data: { ...DATA, certificate: PEM.replaceAll('CERTIFICATE', 'PRIVATE KEY') } }],
  ['a chain that is a string', { data: { ...DATA, ca_chain: PEM } }],
  ['a chain of eleven', { data: { ...DATA, ca_chain: Array(11).fill(PEM) } }],
  ['a chain with a hole', { data: { ...DATA, ca_chain: [PEM, null] } }],
  ['no issuer', { data: { ...DATA, issuing_ca: '' } }],
])('%s is no answer', async (_, body) => {
  await expect(signRequest(recording(body).client, [], { issuance: ISSUANCE, csrPem: CSR })).rejects.toThrow(
    expect.objectContaining({ code: 'vault-answer-invalid', message: expect.not.stringContaining('BEGIN') }),
  )
})

function recording(body: object = { data: DATA }) {
  const bodies: object[] = []
  const client: VaultClient = {
    read: () => Promise.reject(new Error('signing does not read')),
    list: () => Promise.reject(new Error('signing does not list')),
    write: async (_, data) => {
      bodies.push(data)
      return { statusCode: 200, body }
    },
    useToken: () => {},
  }
  return { client, bodies }
}
