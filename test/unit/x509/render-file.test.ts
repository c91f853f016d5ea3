import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { KEY_FORMATS } from '../../../src/core/file-spec.ts'
import { KEY_TYPES, type KeyType } from '../../../src/core/key-type.ts'
import { generateKeypair, privateKeyPem } from '../../../src/x509/keypair.ts'
import { compareFile, type FileForm, renderFile, type SetParts } from '../../../src/x509/render-file.ts'
import { authority, issue } from './authority.ts'

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })
const leaf = await issue({ commonName: 'web', issuer: intermediate })

const PARTS: SetParts = {
  keyPem: leaf.keyPem,
  leafPem: leaf.certPem,
  chainPems: [intermediate.certPem],
  anchorPems: [root.certPem],
}

test.each<[FileForm, string]>([
  [{ role: 'key' }, leaf.keyPem],
  [{ role: 'cert' }, leaf.certPem],
  [{ role: 'chain' }, intermediate.certPem],
  [{ role: 'fullchain' }, leaf.certPem + intermediate.certPem],
  [{ role: 'ca' }, root.certPem],
  [{ role: 'combined' }, leaf.certPem + intermediate.certPem + leaf.keyPem],
  [{ role: 'combined', order: ['key', 'cert', 'chain'] }, leaf.keyPem + leaf.certPem + intermediate.certPem],
])('%j', (form, text) => expect(renderFile(form, PARTS).toString()).toBe(text))

describe('a key in each form', () => {
  const PEM_FORMATS = KEY_FORMATS.filter((format) => format !== 'der')
  const LABEL = { pkcs8: 'PRIVATE KEY', pkcs1: 'RSA PRIVATE KEY', sec1: 'EC PRIVATE KEY' }
  const cases = KEY_TYPES.flatMap((type) => PEM_FORMATS.map((format): [KeyType, PemFormat] => [type, format]))

  test.each(cases)('%s as %s', async (type, format) => {
    const { privateKey } = await generateKeypair(type)
    const parts = { ...PARTS, keyPem: privateKeyPem(privateKey) }
    const form = { role: 'key', format } as const
    if (!fits(type, format)) {
      expect(() => renderFile(form, parts)).toThrow(`has no form ${format}`)
      expect(compareFile(form, Buffer.from(parts.keyPem), parts)).toBe('unknown')
      return
    }
    const written = renderFile(form, parts)
    expect(written.toString()).toMatch(`-----BEGIN ${LABEL[format]}-----`)
    expect(createPrivateKey(written.toString()).equals(privateKey)).toBe(true)
    expect(execFileSync('openssl', ['pkey', '-noout', '-check'], { input: written }).toString()).toBe(
      'Key is valid\n',
    )
    expect(compareFile(form, written, parts)).toBe('current')
  })

  test.each(KEY_TYPES)('%s in DER, as PKCS#8', async (type) => {
    const { privateKey } = await generateKeypair(type)
    const parts = { ...PARTS, keyPem: privateKeyPem(privateKey) }
    const written = renderFile({ role: 'key', format: 'der' }, parts)
    expect(createPrivateKey({ key: written, format: 'der', type: 'pkcs8' }).equals(privateKey)).toBe(true)
  })

  test('another form of the same key is stale', () => {
    const sec1 = renderFile({ role: 'key', format: 'sec1' }, PARTS)
    expect(compareFile({ role: 'key' }, sec1, PARTS)).toBe('stale')
    expect(compareFile({ role: 'key', format: 'sec1' }, Buffer.from(leaf.keyPem), PARTS)).toBe('stale')
  })
})

test('a certificate in DER is what openssl makes of it', () => {
  const input = leaf.certPem
  const der = execFileSync('openssl', ['x509', '-outform', 'DER'], { input })
  const form = { role: 'cert', format: 'der' } as const
  expect(renderFile(form, PARTS).equals(der)).toBe(true)
  expect(compareFile(form, der, PARTS)).toBe('current')
  expect(compareFile(form, Buffer.from(input), PARTS)).toBe('stale')
})

type PemFormat = 'pkcs8' | 'pkcs1' | 'sec1'

function fits(type: KeyType, format: PemFormat): boolean {
  if (format === 'pkcs1') return type.startsWith('rsa-')
  return format === 'sec1' ? type.startsWith('ec-') : true
}
