import { createPrivateKey, createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { KEY_TYPES } from '../../../src/core/key-type.ts'
import { keyTypeOf } from '../../../src/x509/certificate-facts.ts'
import { generateKeypair, privateKeyPem } from '../../../src/x509/keypair.ts'
import { onlyBlock } from '../../../src/x509/pem.ts'

test.each(KEY_TYPES)('%s: one pair, of that type, written as PKCS#8', async (type) => {
  const { privateKey, publicKey } = await generateKeypair(type)
  const pem = privateKeyPem(privateKey)
  expect(onlyBlock(pem, 'PRIVATE KEY').length).toBeGreaterThan(40)
  expect(createPublicKey(createPrivateKey(pem)).equals(publicKey)).toBe(true)
  expect(keyTypeOf(publicKey)).toBe(type)
})

test('no key twice', async () => {
  const pems = await Promise.all(Array.from({ length: 20 }, () => generateKeypair('ed25519')))
  expect(new Set(pems.map(({ privateKey }) => privateKeyPem(privateKey)))).toHaveProperty('size', 20)
})
