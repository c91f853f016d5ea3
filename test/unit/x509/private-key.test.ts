import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { privateKeyPem } from '../../../src/x509/keypair.ts'
import { splitPem } from '../../../src/x509/pem.ts'
import { derKeyBlock, readKey } from '../../../src/x509/private-key.ts'

const EC_WITH_CURVE = openssl('ecparam', '-name', 'prime256v1', '-genkey')
const RSA = openssl('genrsa', '-traditional', '2048')

describe('keys as openssl leaves them are read, whatever their form', () => {
  test.each([
    ['SEC1 behind its curve', EC_WITH_CURVE, ['EC PARAMETERS', 'EC PRIVATE KEY']],
    ['SEC1', openssl('ecparam', '-name', 'secp384r1', '-genkey', '-noout'), ['EC PRIVATE KEY']],
    ['PKCS#1', RSA, ['RSA PRIVATE KEY']],
    ['PKCS#8', openssl('genpkey', '-algorithm', 'ed25519'), ['PRIVATE KEY']],
  ])('%s', (_, text, labels) => {
    const blocks = splitPem(text)
    expect(blocks.map(({ label }) => label)).toEqual(labels)
    const key = readKey(blocks)
    const pkcs8 = execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt'], { input: text }).toString()
    expect(privateKeyPem(key)).toBe(pkcs8)
    const { der } = blocks.at(-1) ?? {}
    if (der) expect(derKeyBlock(der)).toEqual(blocks.at(-1))
  })
})

describe('anything beside one key is refused', () => {
  const curve = EC_WITH_CURVE.slice(0, EC_WITH_CURVE.indexOf('-----BEGIN EC PRIVATE'))
  test.each([
    ['nothing', ''],
    ['two keys', EC_WITH_CURVE + RSA],
    ['a curve alone', curve],
    ['a curve before a key that has none', curve + RSA],
    ['a curve behind its key', EC_WITH_CURVE.replace(curve, '') + curve],
    ['two curves', curve + EC_WITH_CURVE],
    ['a public key', openssl('pkey', '-pubout', RSA)],
  ])('%s', (_, text) => {
    expect(() => readKey(splitPem(text))).toThrow('expected one private key in PEM')
  })
})

test.each([
  ['a certificate', '308201'],
  ['an encrypted key', '3006300406012a0400'],
  ['nothing', ''],
  ['a version and nothing more', '3003020100'],
])('%s in DER is no key', (_, hex) => {
  expect(() => derKeyBlock(Buffer.from(hex, 'hex'))).toThrow('expected one private key in DER')
})

/** The last argument is the input when it is no word. */
function openssl(...words: string[]): string {
  const input = words.at(-1)?.startsWith('-----') ? words.pop() : undefined
  return execFileSync('openssl', words, { input, stdio: ['pipe', 'pipe', 'ignore'] }).toString()
}
