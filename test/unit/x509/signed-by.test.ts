import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { TrustAnchors } from '../../../src/x509/chain.ts'
import { type Signers, verifySignedBy } from '../../../src/x509/signed-by.ts'
import { claimsOf, signPush } from '../../rig/push-signature.ts'
import { authority, DAY_MS, type Issued, issue, NOW_MS } from './authority.ts'

const CLAIMS = claimsOf('a key')
const ed25519 = generateKeyPairSync('ed25519')
const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('ed25519')
const ca = await authority('Push CA')
const intermediate = await authority('Push signers', { issuer: ca })
const signer = await issue({ commonName: 'control-1', issuer: intermediate })

describe('a trusted key', () => {
  test.each([
    ['EdDSA', ed25519],
    ['ES256', p256],
    ['PS256', rsa],
  ])('signs with %s, and is named by its place', (_, { privateKey, publicKey }) => {
    const jws = signPush(CLAIMS, privateKey, { typ: 'JWT', kid: 'any' })
    const said = verify(jws, { keys: [other.publicKey, publicKey] })
    expect(said).toEqual({ payload: JSON.stringify(CLAIMS), signer: 'push key 2' })
  })

  test.each<[string, string, RegExp]>([
    [
      'another key',
      signPush(CLAIMS, other.privateKey),
      /^expected the signature of a trusted key, found another/,
    ],
    ['another algorithm', signPush(CLAIMS, p256.privateKey), /^expected algorithm EdDSA, found ES256/],
    ['none', signPush(CLAIMS, ed25519.privateKey, { alg: 'none' }), /^expected algorithm EdDSA, found none/],
    ['its public key as a secret', hmacLike(), /^expected algorithm EdDSA, found HS256/],
    [
      'a key in the header',
      signPush(CLAIMS, other.privateKey, { jwk: other.publicKey.export({ format: 'jwk' }) }),
      /^expected a JWS header/,
    ],
    [
      'something that must be understood',
      signPush(CLAIMS, ed25519.privateKey, { crit: ['exp'], exp: 1 }),
      /^expected a JWS header/,
    ],
    ['two parts', 'a.b', /^expected a JWS of three parts, found 2/],
    [
      'a header that is no JSON',
      `${Buffer.from('x').toString('base64url')}.e30.AA`,
      /^expected a JWS header/,
    ],
  ])('is not who signed with %s', (_, jws, message) => {
    expect(() => verify(jws, { keys: [ed25519.publicKey] })).toThrow(message)
  })

  test('has signed these claims and no others', () => {
    const [header, , signature] = signPush(CLAIMS, ed25519.privateKey).split('.')
    const [, payload] = signPush({ ...CLAIMS, sequence: 2 }, ed25519.privateKey).split('.')
    const jws = [header, payload, signature].join('.')
    expect(() => verify(jws, { keys: [ed25519.publicKey] })).toThrow(
      'expected the signature of a trusted key',
    )
  })

  test('may have sent along a certificate that leads nowhere', () => {
    const jws = signPush(CLAIMS, ed25519.privateKey, { x5c: x5cOf(signer) })
    const anchors = anchorsOf(intermediate)
    expect(verify(jws, { keys: [ed25519.publicKey], anchors }).signer).toBe('push key 1')
  })
})

describe('a certificate of a trusted authority', () => {
  test('signs, and is named by its subject', () => {
    const jws = signPush(CLAIMS, signer.privateKey, { x5c: x5cOf(signer, intermediate) })
    expect(verify(jws, { keys: [], anchors: anchorsOf(ca) }).signer).toBe('control-1')
  })

  test.each<[string, () => Promise<string> | string, RegExp]>([
    [
      'without its intermediate',
      () => signPush(CLAIMS, signer.privateKey, { x5c: x5cOf(signer) }),
      /found no issuer of control-1/,
    ],
    [
      'of another authority',
      async () => signedBy(await issue({ commonName: 'x', issuer: await authority('X') })),
      /found no issuer of x/,
    ],
    [
      'that has expired',
      async () => signedBy(await issue({ commonName: 'x', issuer: ca, notAfterMs: NOW_MS })),
      /found one that is valid from/,
    ],
    [
      'that is not valid yet',
      async () => signedBy(await issue({ commonName: 'x', issuer: ca, notBeforeMs: NOW_MS + DAY_MS })),
      /found one that is valid from/,
    ],
    [
      'of another key',
      () => signPush(CLAIMS, p256.privateKey, { x5c: x5cOf(signer, intermediate) }),
      /^expected the signature of a trusted key/,
    ],
    [
      'that is none',
      () => signPush(CLAIMS, p256.privateKey, { x5c: ['AAAA'] }),
      /^expected certificates in x5c/,
    ],
  ])('%s does not', async (_, jws, message) => {
    const signed = await jws()
    expect(() => verify(signed, { keys: [], anchors: anchorsOf(ca) })).toThrow(message)
  })

  test('where no authority is trusted, is nobody', () => {
    const jws = signPush(CLAIMS, signer.privateKey, { x5c: x5cOf(signer, intermediate) })
    expect(() => verify(jws, { keys: [ed25519.publicKey] })).toThrow('expected algorithm EdDSA, found ES256')
  })
})

function verify(jws: string, signers: Signers) {
  return verifySignedBy(jws, signers, NOW_MS)
}

function signedBy(one: Issued): string {
  return signPush(CLAIMS, one.privateKey, { x5c: x5cOf(one) })
}

function x5cOf(...chain: readonly Issued[]): string[] {
  return chain.map(({ parsed }) => parsed.x509.raw.toString('base64'))
}

function anchorsOf(...all: readonly Issued[]): TrustAnchors {
  return { certificates: all.map(({ parsed }) => parsed), proved: new Set(), known: new Map() }
}

/** The classic confusion: HS256 with the bytes of the public key. Whatever follows, the header alone must end it. */
function hmacLike(): string {
  return signPush(CLAIMS, ed25519.privateKey as KeyObject, { alg: 'HS256' })
}
