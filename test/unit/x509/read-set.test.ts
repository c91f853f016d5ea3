import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CombinedPart, FileRole } from '../../../src/core/file-spec.ts'
import { parseAnchors } from '../../../src/x509/anchors.ts'
import { toPem } from '../../../src/x509/pem.ts'
import { type RoleContent, readSet } from '../../../src/x509/read-set.ts'
import { renderFile, type SetParts } from '../../../src/x509/render-file.ts'
import { authority, DAY_MS, issue, NOW_MS } from './authority.ts'

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })
const leaf = await issue({ commonName: 'web', issuer: intermediate })
const older = await issue({ commonName: 'web', issuer: intermediate, notBeforeMs: NOW_MS - 15 * DAY_MS })

const PARTS: SetParts = {
  keyPem: leaf.keyPem,
  leafPem: leaf.certPem,
  chainPems: [intermediate.certPem],
  anchorPems: [root.certPem],
}
const CERTIFICATE = { state: 'read', certificate: leaf.parsed.facts }

describe('what is written is read back as the same set', () => {
  test.each<FileRole[]>([
    ['key', 'fullchain'],
    ['key', 'cert', 'chain'],
    ['key', 'cert', 'fullchain', 'ca'],
    ['key', 'cert', 'chain', 'fullchain', 'ca'],
    ['combined'],
    ['combined', 'ca'],
    ['key', 'combined'],
    ['cert', 'combined'],
  ])('%s %s %s %s %s', (...roles) => {
    const written = roles.filter(Boolean)
    expect(read(rendered(written))).toMatchObject({
      key: { state: 'read', type: 'ec-p256' },
      privateKey: leaf.privateKey,
      leaf: CERTIFICATE,
      chain: { state: 'trusted' },
      keyMatches: true,
      parts: PARTS,
    })
  })
})

describe('DER', () => {
  const key = { content: renderFile({ role: 'key', format: 'der' }, PARTS) }
  const cert = { content: renderFile({ role: 'cert', format: 'der' }, PARTS) }

  test('key and certificate are read back as the same set', () => {
    const set = read(new Map([...rendered(['chain']), ['key', key], ['cert', cert]]))
    expect(set).toMatchObject({ keyMatches: true, chain: { state: 'trusted' }, parts: PARTS })
  })

  test.each<[string, FileRole, Buffer]>([
    ['a key with a byte more', 'key', Buffer.concat([key.content, Buffer.from([0])])],
    ['half a key', 'key', key.content.subarray(0, 60)],
    ['a certificate as the key', 'key', cert.content],
    ['a key as the certificate', 'cert', key.content],
    ['a certificate cut off', 'cert', cert.content.subarray(0, -1)],
    ['a certificate where only PEM can be', 'fullchain', cert.content],
    ['a key where only PEM can be', 'combined', key.content],
  ])('%s is malformed', (_, role, bytes) => {
    const set = read(new Map([[role, { content: bytes }]]))
    expect((role === 'key' ? set.key : set.leaf).state).toBe('malformed')
  })
})

describe('a combined file', () => {
  test.each<CombinedPart[]>([
    ['cert', 'chain', 'key'],
    ['cert', 'key', 'chain'],
    ['key', 'cert', 'chain'],
  ])('in the order %s %s %s', (...order) => {
    const written = renderFile({ role: 'combined', order }, PARTS)
    expect(read(new Map([['combined', { content: written }]]))).toMatchObject({
      leaf: CERTIFICATE,
      chain: { state: 'trusted' },
      parts: PARTS,
    })
  })

  test('stands in for a file that is lost, and does not hide that another holds something else', () => {
    const lost = { state: 'missing', why: 'gone' } as const
    expect(read(new Map([...rendered(['combined']), ['key', lost], ['cert', lost]])).parts).toEqual(PARTS)
    const set = read(new Map([...rendered(['combined', 'cert']), ['key', content(older.keyPem)]]))
    expect(set.keyMatches).toBe(false)
  })

  test.each([
    ['without a key', leaf.certPem, 'expected one private key in PEM'],
    ['with two keys', leaf.keyPem + leaf.certPem + older.keyPem, 'expected one private key in PEM'],
    ['with text in it', `${leaf.certPem}# the key\n${leaf.keyPem}`, 'expected a PEM block at character'],
  ])('%s', (_, text, why) => {
    const { key } = read(new Map([['combined', content(text)]]))
    expect(key.state).toBe('malformed')
    expect(key.why).toContain(`the combined file: ${why}`)
  })

  test('without a certificate', () => {
    const { leaf: found } = read(new Map([['combined', content(leaf.keyPem)]]))
    expect(found).toEqual({ state: 'malformed', why: 'the combined file holds no certificate' })
  })

  test('without the intermediates', () => {
    const { chain } = read(new Map([['combined', content(leaf.certPem + leaf.keyPem)]]))
    expect(chain).toEqual({ state: 'untrusted', why: 'no issuer of web (Intermediate)' })
  })
})

describe('a set that keeps no intermediates', () => {
  test('was judged when it was issued: on disk nothing can be said against it', () => {
    expect(read(rendered(['key', 'cert', 'ca'])).chain).toEqual({ state: 'unkept' })
  })

  test('is trusted when an anchor stands right above its leaf', () => {
    const contents = rendered(['key', 'cert'])
    expect(readSet(contents, anchors(intermediate.certPem), NOW_MS).chain).toEqual({ state: 'trusted' })
  })
})

describe('a chain that is kept and does not hold', () => {
  test.each<[string, FileRole, string]>([
    ['fullchain with the leaf alone', 'fullchain', leaf.certPem],
    ['empty chain file', 'chain', ''],
    ['chain of somebody else', 'chain', older.certPem],
  ])('%s', (_, role, text) => {
    const contents = new Map([...rendered(['key', 'cert']), [role, content(text)]])
    expect(read(contents).chain).toEqual({ state: 'untrusted', why: 'no issuer of web (Intermediate)' })
  })

  test('without a leaf there is nothing to verify', () => {
    expect(read(rendered(['key', 'chain']))).toEqual({
      key: { state: 'read', type: 'ec-p256' },
      privateKey: leaf.privateKey,
      leaf: { state: 'missing', why: 'no file holds it: cert or fullchain or combined' },
      chain: { state: 'unknown' },
    })
  })
})

describe('files that disagree', () => {
  test('the certificate file decides; an older leaf in the full chain is not taken for an intermediate', () => {
    const stale = content(older.certPem + intermediate.certPem)
    const set = read(new Map([...rendered(['key', 'cert']), ['fullchain', stale]]))
    expect(set.leaf).toEqual(CERTIFICATE)
    expect(set.parts).toEqual(PARTS)
  })

  test('a key of another certificate', () => {
    const set = read(new Map([...rendered(['fullchain']), ['key', content(older.keyPem)]]))
    expect(set.keyMatches).toBe(false)
    expect(set.parts?.keyPem).toBe(older.keyPem)
  })

  test('a certificate file that is broken gives way to a full chain that is whole', () => {
    const set = read(new Map([...rendered(['key', 'fullchain']), ['cert', content('nonsense')]]))
    expect(set.leaf).toEqual(CERTIFICATE)
    expect(set.parts).toEqual(PARTS)
  })
})

describe('parts that cannot be taken', () => {
  test('a broken file is not called missing because another is', () => {
    const broken = {
      state: 'malformed',
      why: 'the cert file: expected a PEM block at character 0, found something else',
    }
    const absent = { state: 'missing', why: '/srv/fullchain.pem: expected a file, found none' } as const
    const brokenFirst: RoleContent = new Map<FileRole, typeof absent | { content: Buffer }>([
      ['cert', content('nonsense')],
      ['fullchain', absent],
    ])
    const brokenLast: RoleContent = new Map<FileRole, typeof absent | { content: Buffer }>([
      ['cert', absent],
      ['fullchain', content('')],
    ])
    expect(read(brokenFirst).leaf).toEqual(broken)
    expect(read(brokenLast).leaf).toEqual({
      state: 'malformed',
      why: 'the fullchain file holds no certificate',
    })
  })

  test('what the reading said is handed on', () => {
    const contents: RoleContent = new Map([
      ['key', { state: 'unreadable', why: '/srv/key.pem: expected to read it, found EACCES' }],
      ['cert', { state: 'missing', why: '/srv/cert.pem: expected a file, found none' }],
    ])
    const set = read(contents)
    expect(set.key).toEqual({
      state: 'unreadable',
      why: '/srv/key.pem: expected to read it, found EACCES',
    })
    expect(set.leaf).toEqual({ state: 'missing', why: '/srv/cert.pem: expected a file, found none' })
  })

  test.each([
    ['nothing', '', 'expected one private key in PEM'],
    ['a certificate', leaf.certPem, 'expected one private key in PEM'],
    ['two keys', leaf.keyPem + older.keyPem, 'expected one private key in PEM'],
    ['text before the key', `Bag Attributes\n${leaf.keyPem}`, 'expected a PEM block at character 0'],
    ['half a key', leaf.keyPem.slice(0, 60), 'expected a PEM block at character 0'],
    ['no key inside', toPem('PRIVATE KEY', leaf.parsed.x509.raw), ''],
    ['a passphrase around it', encrypted(), ''],
  ])('a key file with %s', (_, text, why) => {
    const set = read(new Map([...rendered(['fullchain']), ['key', content(text)]]))
    expect(set.key.state).toBe('malformed')
    expect(set.key.why).toContain(`the key file: ${why}`)
    expect(set.parts).toBeUndefined()
    expect(set).not.toHaveProperty('keyMatches')
  })

  test('property: no reason ever quotes a key file', () => {
    const cut = fc.nat(leaf.keyPem.length - 20)
    fc.assert(
      fc.property(cut, cut, (from, to) => {
        const text = leaf.keyPem.slice(0, from) + leaf.keyPem.slice(to)
        const { why = '' } = read(new Map([['key', content(text)]])).key
        for (const line of leaf.keyPem.split('\n').slice(1, -2)) expect(why).not.toContain(line.slice(0, 12))
      }),
    )
  })
})

function read(contents: RoleContent) {
  return readSet(contents, anchors(root.certPem), NOW_MS)
}

function anchors(text: string) {
  return parseAnchors(text, '/etc/root.pem')
}

function rendered(roles: readonly FileRole[]): RoleContent {
  return new Map(roles.map((role) => [role, { content: renderFile({ role }, PARTS) }]))
}

function content(text: string) {
  return { content: Buffer.from(text) }
}

function encrypted(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'p' }
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString()
}
