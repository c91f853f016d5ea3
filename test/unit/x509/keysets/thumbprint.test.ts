import { createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import type { StoredKey } from '../../../../src/core/keysets/record.ts'
import { privateJwk } from '../../../../src/x509/keysets/jwk.ts'
import { makeKey } from '../../../../src/x509/keysets/make-key.ts'
import { jwkThumbprint, thumbprint } from '../../../../src/x509/keysets/thumbprint.ts'

/** RFC 7638 §3.1. */
const RSA = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
}
/** RFC 8037 §A.2. */
const OKP = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

test.each([
  ['RFC 7638 §3.1', RSA, 'rsa-2048', 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
  ['RFC 8037 §A.3', OKP, 'ed25519', 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
] as const)('the example of %s', (_, jwk, kind, wanted) => {
  expect(jwkThumbprint(jwk)).toBe(wanted)
  expect(thumbprint(storedOf(jwk), kind)).toBe(wanted)
})

test.each(['ed25519', 'ec-p521', 'rsa-2048', 'hmac-256', 'raw'] as const)(
  '%s: a private key has the thumbprint of its public one, and no other key has it',
  async (kind) => {
    const key = await makeKey(kind, 32)
    const print = thumbprint(key, kind)
    expect(print).toMatch(/^[\w-]{43}$/)
    expect(jwkThumbprint(privateJwk(kind, key))).toBe(print)
    expect(thumbprint(await makeKey(kind, 32), kind)).not.toBe(print)
  },
)

test('once it is archived it has it still', async () => {
  const { secret: _, ...archived } = await makeKey('ec-p256', 32)
  expect(thumbprint(archived, 'ec-p256')).toMatch(/^[\w-]{43}$/)
})

test.each([{}, { kty: 'RSA', n: 'AQAB' }, { kty: 'OKP', crv: 'Ed25519', x: 5 }, { kty: 'unheard of' }])(
  '%j is no key',
  (jwk) => expect(jwkThumbprint(jwk)).toBeUndefined(),
)

function storedOf(jwk: { readonly kty: string }): StoredKey {
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return { public: key.export({ type: 'spki', format: 'der' }).toString('base64') }
}
