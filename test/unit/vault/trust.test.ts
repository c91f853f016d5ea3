import type { PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import { checkServerName, parseTrustAnchors } from '../../../src/vault/trust.ts'

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj '/CN=test CA' -days 36500
const CA = `-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIULYMXRiDF4gNHKzrcc3W9ju5mQPEwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHdGVzdCBDQTAgFw0yNjExMjQyMDQ5MzVaGA8yMTI2MTAzMTIw
NDkzNVowEjEQMA4GA1UEAwwHdGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABOUBSIuthdIU32Kcc3n7SfWZXYuCzwQW1SybN4Junaf/1UbDOrttZs1WxDGb
YKyvhNJbCa0JKUIbtXgQtE1hp+ijUzBRMB0GA1UdDgQWBBTdnfvF0i6JneD2MJ95
nLGf9+zx5jAfBgNVHSMEGDAWgBTdnfvF0i6JneD2MJ95nLGf9+zx5jAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIGTOrafnDYef3ffEgVmSKxIFVAPm
XcAFdTmrB4Br6C3fAiAPbRUWfUne9jZ4DiX9D5qQd1/J6J9l4tQ6UfYGznCZjQ==
-----END CERTIFICATE-----
`
const KEY = '-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n'

test('every certificate of the file', () => {
  expect(parseTrustAnchors(CA, 'ca.pem')).toEqual([CA.trim()])
  expect(parseTrustAnchors(`# comment\n${CA}subject=second\n${CA}`, 'ca.pem')).toHaveLength(2)
  expect(parseTrustAnchors(CA.replaceAll('\n', '\r\n'), 'ca.pem')).toHaveLength(1)
})

test.each([
  ['nothing', '', 'expected PEM certificates, found none'],
  ['text', 'no certificate here', 'expected PEM certificates, found none'],
  ['a key', KEY, 'expected PEM certificates, found none'],
  ['a key beside a certificate', CA + KEY, 'found another or an unfinished block'],
  ['an unfinished second block', CA + CA.slice(0, -30), 'found another or an unfinished block'],
  [
    'other bytes in a block',
    CA.replace('MIIB', 'AAAA'),
    'block 1: expected a certificate, found other bytes',
  ],
  ['an openssl trusted certificate', CA.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'), 'found none'],
])('%s is refused', (_, pem, message) => {
  expect(() => parseTrustAnchors(pem, 'ca.pem')).toThrow(
    expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(message) }),
  )
})

test('a name in the alternative names is taken', () => {
  expect(checkServerName('vault.example', certificate('CN', 'DNS:vault.example'))).toBeUndefined()
  expect(checkServerName('192.0.2.7', certificate('CN', 'IP Address:192.0.2.7'))).toBeUndefined()
})

test.each([
  ['vault.example', certificate('vault.example', undefined)],
  ['vault.example', certificate('vault.example', 'DNS:other.example')],
  ['192.0.2.7', certificate('192.0.2.7', 'DNS:192.0.2.7')],
  ['a.b.vault.example', certificate('CN', 'DNS:*.vault.example')],
])('%s is refused', (name, presented) => {
  expect(checkServerName(name, presented)).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

function certificate(commonName: string, names: string | undefined): PeerCertificate {
  return { subject: { CN: commonName }, subjectaltname: names } as unknown as PeerCertificate
}
