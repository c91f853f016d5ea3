import { createPrivateKey, createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { KEY_TYPES } from '../../../../src/core/key-type.ts'
import type { KeyKind } from '../../../../src/core/keysets/document.ts'
import { keyTypeOf } from '../../../../src/x509/certificate-facts.ts'
import { makeKey } from '../../../../src/x509/keysets/make-key.ts'

test.each(KEY_TYPES)('%s is a pair of that type', async (kind) => {
  const { secret = '', public: spki = '' } = await makeKey(kind, 32)
  const key = { format: 'der' } as const
  const publicKey = createPublicKey({ ...key, key: Buffer.from(spki, 'base64'), type: 'spki' })
  const privateKey = createPrivateKey({ ...key, key: Buffer.from(secret, 'base64'), type: 'pkcs8' })
  expect(keyTypeOf(publicKey)).toBe(kind)
  expect(createPublicKey(privateKey).equals(publicKey)).toBe(true)
})

test.each<[KeyKind, number]>([
  ['aes-256', 32],
  ['hmac-256', 32],
  ['hmac-384', 48],
  ['hmac-512', 64],
  ['raw', 80],
])('%s has %i bytes, and no public key', async (kind, length) => {
  const made = await makeKey(kind, 80)
  expect(Object.keys(made)).toEqual(['secret'])
  expect(Buffer.from(made.secret ?? '', 'base64')).toHaveLength(length)
  expect(await makeKey(kind, 80)).not.toEqual(made)
})
