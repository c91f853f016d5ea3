import { beforeAll, expect, test } from 'vitest'
import { signJws, verifyJws } from '../../../src/x509/jws.ts'
import { authority, type Issued, issue } from './authority.ts'

const PAYLOAD = '{"hash":"ab","seq":7}'
let ca: Issued
let leaf: Issued
let other: Issued
let jws: string
beforeAll(async () => {
  ca = await authority('CA')
  leaf = await issue({ commonName: 'agent-app', issuer: ca })
  other = await issue({ commonName: 'agent-app', issuer: ca })
  jws = signJws(PAYLOAD, leaf.keyPem, [leaf.parsed, ca.parsed])
})

test('what was signed is verified with nothing but itself, and says by whom', () => {
  const { payload, certificates } = verifyJws(jws, new Map())
  expect(payload).toBe(PAYLOAD)
  expect(certificates.map(({ facts }) => facts.fingerprint)).toEqual([
    leaf.parsed.facts.fingerprint,
    ca.parsed.facts.fingerprint,
  ])
})

test('header and payload are as RFC 7515 has them', () => {
  const [header = '', payload = ''] = jws.split('.')
  const x5c = [leaf, ca].map(({ parsed }) => parsed.x509.raw.toString('base64'))
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'ES256', x5c })
  expect(Buffer.from(payload, 'base64url').toString()).toBe(PAYLOAD)
})

test('only the key of the certificate signs', () => {
  expect(() => signJws(PAYLOAD, other.keyPem, [leaf.parsed])).toThrow('expected the key of the certificate')
  expect(() => signJws(PAYLOAD, leaf.keyPem, [])).toThrow('expected the key of the certificate')
})

test('no key is in it', () => {
  const scalar = leaf.privateKey.export({ format: 'jwk' }).d ?? ''
  expect(scalar).toMatch(/^[\w-]{43}$/)
  expect(jws).not.toContain(scalar)
})

// The last character of a signature carries four bits that no decoder looks at (RFC 4648 §3.5).
test('every character of it counts', () => {
  const known: Parameters<typeof verifyJws>[1] = new Map()
  const passed = [...jws].flatMap((character, index) => {
    const changed = `${jws.slice(0, index)}${character === 'A' ? 'B' : 'A'}${jws.slice(index + 1)}`
    const next = `${jws.slice(0, index)}${nextInAlphabet(character)}${jws.slice(index + 1)}`
    return [changed, next].filter((text) => isVerified(text, known))
  })
  expect(passed).toEqual([])
})

test.each([
  ['the signature of another key', () => withSignatureOf(other), 'expected a signature over this payload'],
  ['no certificate', () => withHeader({ x5c: [] }), 'expected the certificate of the signer'],
  ['two parts', () => jws.split('.').slice(0, 2).join('.'), 'expected a JWS of three parts'],
  ['no algorithm', () => withHeader({ alg: 'none' }), 'expected algorithm ES256 of its key, found none'],
  [
    'another algorithm',
    () => withHeader({ alg: 'HS256' }),
    'expected algorithm ES256 of its key, found HS256',
  ],
  [
    'a critical extension',
    () => withHeader({ crit: ['b64'], b64: false }),
    'expected a JWS header of alg and x5c',
  ],
  ['a key of its own', () => withHeader({ jwk: {} }), 'expected a JWS header of alg and x5c'],
  ['nine certificates', () => signJws(PAYLOAD, leaf.keyPem, Array(9).fill(leaf.parsed)), 'alg and x5c'],
])('%s is refused', (_, make, message) => expect(() => verifyJws(make(), new Map())).toThrow(message))

function withSignatureOf(signer: Issued): string {
  const [header, payload] = jws.split('.')
  return [header, payload, signJws(PAYLOAD, signer.keyPem, [signer.parsed]).split('.')[2]].join('.')
}

function withHeader(change: object): string {
  const [header = '', ...rest] = jws.split('.')
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...change }
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.')
}

function isVerified(text: string, known: Parameters<typeof verifyJws>[1]): boolean {
  try {
    verifyJws(text, known)
    return true
  } catch {
    return false
  }
}

function nextInAlphabet(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[(alphabet.indexOf(character) + 1) % 64] ?? 'A'
}
