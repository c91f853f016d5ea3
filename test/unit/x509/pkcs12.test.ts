import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../../../src/core/key-type.ts'
import { generateKeypair } from '../../../src/x509/keypair.ts'
import { onlyBlock } from '../../../src/x509/pem.ts'
import { type Pkcs12Content, type Pkcs12Lock, writePkcs12 } from '../../../src/x509/pkcs12.ts'
import { compareFile, renderFile } from '../../../src/x509/render-file.ts'
import { authority, issue } from './authority.ts'

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })
const leaf = await issue({ commonName: 'web', issuer: intermediate })
const older = await issue({ commonName: 'web', issuer: intermediate })

const CONTENT: Pkcs12Content = {
  key: onlyBlock(leaf.keyPem, 'PRIVATE KEY'),
  certificates: [leaf.certPem, intermediate.certPem].map((pem) => onlyBlock(pem, 'CERTIFICATE')),
}
const LOCK: Pkcs12Lock = { password: 'a "b" \\c ~!', name: 'web' }

const dir = mkdtempSync(join(tmpdir(), 'keyroller-pkcs12-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe('openssl reads', () => {
  test('the key, the leaf and what is above it', () => {
    const file = writePkcs12(CONTENT, LOCK)
    expect(blocksOf(openssl(file, LOCK.password, '-nodes'))).toBe(
      leaf.keyPem + leaf.certPem + intermediate.certPem,
    )
    expect(blocksOf(openssl(file, LOCK.password, '-clcerts', '-nokeys'))).toBe(leaf.certPem)
    expect(openssl(file, LOCK.password, '-nokeys')).toContain('friendlyName: web')
  })

  test.each(KEY_TYPES)('a key of %s', async (type) => {
    const { privateKey } = await generateKeypair(type)
    const key = privateKey.export({ type: 'pkcs8', format: 'der' })
    const text = openssl(writePkcs12({ ...CONTENT, key }, LOCK), LOCK.password, '-nodes', '-nocerts')
    expect(createPrivateKey(blocksOf(text)).equals(privateKey)).toBe(true)
  })

  // The KDF of the MAC fills blocks of 64 bytes: 31 characters with the end mark are just one.
  test.each([1, 30, 31, 32, 63, 64, 200])('a password of %d characters, and no other', (length) => {
    const password = 'p'.repeat(length)
    const file = writePkcs12(CONTENT, { ...LOCK, password })
    expect(blocksOf(openssl(file, password, '-nodes', '-nocerts'))).toBe(leaf.keyPem)
    expect(() => openssl(file, `${password}p`, '-nodes')).toThrow('invalid password')
  })
})

describe('the same bytes only from the same input', () => {
  const first = writePkcs12(CONTENT, LOCK)
  const [salt, iv, macSalt] = saltsOf(first)

  test('twice', () => expect(writePkcs12(CONTENT, LOCK).equals(first)).toBe(true))

  test.each<[string, Partial<Pkcs12Content>, Partial<Pkcs12Lock>]>([
    ['password', {}, { password: 'another' }],
    ['name', {}, { name: 'api' }],
    ['key', { key: onlyBlock(older.keyPem, 'PRIVATE KEY') }, {}],
    ['leaf', { certificates: [onlyBlock(older.certPem, 'CERTIFICATE')] }, {}],
    ['chain', { certificates: CONTENT.certificates.slice(0, 1) }, {}],
  ])('another %s: every salt differs', (_, content, lock) => {
    const salts = saltsOf(writePkcs12({ ...CONTENT, ...content }, { ...LOCK, ...lock }))
    for (const one of salts) expect([salt, iv, macSalt]).not.toContain(one)
    expect(new Set(salts).size).toBe(3)
  })
})

test('neither key nor password are in the file', () => {
  const file = writePkcs12(CONTENT, LOCK)
  expect(file.includes(CONTENT.key.subarray(40, 60))).toBe(false)
  expect(file.includes(LOCK.password)).toBe(false)
  expect(file.includes(Buffer.from(LOCK.password, 'utf16le').swap16())).toBe(false)
})

test('as a file of a set it is compared like every other', () => {
  const parts = {
    keyPem: leaf.keyPem,
    leafPem: leaf.certPem,
    chainPems: [intermediate.certPem],
    anchorPems: [],
  }
  const form = { role: 'pkcs12', lock: LOCK } as const
  const written = renderFile(form, parts)
  expect(written.equals(writePkcs12(CONTENT, LOCK))).toBe(true)
  expect(compareFile(form, written, parts)).toBe('current')
  expect(compareFile({ ...form, lock: { ...LOCK, password: 'new' } }, written, parts)).toBe('stale')
  expect(() => renderFile({ role: 'pkcs12' }, parts)).toThrow('needs a password')
})

function openssl(file: Buffer, password: string, ...options: string[]): string {
  const path = join(dir, 'web.p12')
  writeFileSync(path, file)
  writeFileSync(join(dir, 'password'), `${password}\n`)
  const words = ['pkcs12', '-in', path, '-passin', `file:${join(dir, 'password')}`, ...options]
  return execFileSync('openssl', words, { stdio: 'pipe' }).toString()
}

/** The PEM blocks without the attributes openssl prints between them. */
function blocksOf(text: string): string {
  return [...text.matchAll(/-----BEGIN [^-]+-----\n[^-]+-----END [^-]+-----\n/g)]
    .map(([block]) => block)
    .join('')
}

/** Every octet string of 16 bytes, in hex. */
function saltsOf(file: Buffer): string[] {
  const words = ['asn1parse', '-inform', 'DER']
  const parse = (input: Buffer) => execFileSync('openssl', words, { input }).toString()
  const dumps = (text: string) =>
    [...text.matchAll(/OCTET STRING +\[HEX DUMP\]:([0-9A-F]+)/g)].map(([, hex = '']) => hex)
  const outer = dumps(parse(file))
  const inner = dumps(parse(Buffer.from(outer.toSorted((a, b) => b.length - a.length)[0] ?? '', 'hex')))
  const safe = dumps(parse(Buffer.from(inner[0] ?? '', 'hex')))
  return [...outer, ...safe].filter((hex) => hex.length === 32)
}
