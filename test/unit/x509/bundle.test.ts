import { beforeAll, describe, expect, test } from 'vitest'
import { findNeeds, judgeMountChain, readBundle, renderBundle } from '../../../src/x509/bundle.ts'
import type { TrustAnchors } from '../../../src/x509/chain.ts'
import { authority, DAY_MS, type Issued, issue, NOW_MS } from './authority.ts'

let root: Issued
let intermediate: Issued
let leaf: Issued
let stranger: Issued
beforeAll(async () => {
  root = await authority('root')
  intermediate = await authority('intermediate', { issuer: root })
  leaf = await issue({ commonName: 'web', issuer: intermediate })
  stranger = await authority('stranger')
})

describe('what a mount gives', () => {
  test('is taken with the anchors that issued it, once each', () => {
    expect(namesOf(judge(intermediate))).toEqual(['intermediate', 'root'])
    expect(namesOf(judge(intermediate, root))).toEqual(['intermediate', 'root'])
  })

  test('is taken with every anchor of the issuing name and key, a root renewed with its key included', async () => {
    const renewed = await authority('root again', { holder: root })
    const anchors = anchorsOf(root, renewed, stranger)
    expect(judgeMountChain(intermediate.certPem, anchors, NOW_MS)).toHaveLength(3)
  })

  test('leaves out what has expired beside what has not', async () => {
    const old = await authority('old', { issuer: root, notAfterMs: NOW_MS - DAY_MS })
    expect(namesOf(judge(intermediate, old))).toEqual(['intermediate', 'root'])
  })

  test.each<[string, () => Issued[], string]>([
    ['a leaf', () => [intermediate, leaf], 'expected only CA certificates, found web'],
    [
      'a stranger',
      () => [intermediate, stranger],
      'expected a chain to the anchors, found no issuer of stranger',
    ],
    ['nothing', () => [], 'expected a chain that is valid now, found none'],
  ])('is refused with %s in it', (_, sent, message) => expect(() => judge(...sent())).toThrow(message))

  test('is refused when all of it has expired', async () => {
    const old = await authority('old', { issuer: root, notAfterMs: NOW_MS - DAY_MS })
    expect(() => judge(old)).toThrow('found one that expired at 2026-05-31T12:00:00Z')
  })
})

describe('a bundle file', () => {
  test('is read back as it was rendered', () => {
    const rendered = renderBundle([root.parsed, intermediate.parsed])
    const { facts, authorities } = readBundle(rendered)
    expect(facts).toEqual({ state: 'read' })
    expect(authorities?.map(({ facts }) => facts)).toEqual([root.parsed.facts, intermediate.parsed.facts])
    expect(renderBundle(authorities ?? [])).toEqual(rendered)
  })

  test.each<[string, () => string, string]>([
    ['nothing', () => '', 'it holds no certificate'],
    ['a leaf', () => root.certPem + leaf.certPem, 'it holds web, no authority'],
    ['a key', () => root.certPem + root.keyPem, 'expected a PEM block CERTIFICATE, found PRIVATE KEY'],
    [
      'words',
      () => `# our root\n${root.certPem}`,
      'expected a PEM block at character 0, found something else',
    ],
    ['more than it can hold', () => root.certPem.repeat(21), 'expected at most 20 PEM blocks'],
    [
      'bytes that are no certificate',
      () => '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
      'it holds something that is no certificate',
    ],
  ])('with %s is none', (_, text, why) => {
    const { facts, authorities } = readBundle(Buffer.from(text()))
    expect(facts).toEqual({ state: 'malformed', why: expect.stringContaining(why) })
    expect(authorities).toBeUndefined()
  })
})

describe('who needs an authority', () => {
  test('every certificate below it, until the last of them ends', async () => {
    const later = await issue({ commonName: 'api', issuer: intermediate, notAfterMs: NOW_MS + 30 * DAY_MS })
    const needs = findNeeds(
      [root.parsed, intermediate.parsed, stranger.parsed],
      [[leaf.parsed], [later.parsed]],
    )
    expect(needs).toEqual({
      [root.parsed.facts.fingerprint]: NOW_MS + 30 * DAY_MS,
      [intermediate.parsed.facts.fingerprint]: NOW_MS + 30 * DAY_MS,
    })
  })

  test('also through an intermediate that only the files of the certificate hold', () => {
    expect(findNeeds([root.parsed], [[leaf.parsed, intermediate.parsed]])).toEqual({
      [root.parsed.facts.fingerprint]: leaf.parsed.facts.notAfterMs,
    })
    expect(findNeeds([root.parsed], [[leaf.parsed]])).toEqual({})
  })

  test('authorities that signed each other come to an end', async () => {
    const a = await authority('a')
    const b = await authority('b', { issuer: a })
    const crossed = await authority('a', { holder: a, issuer: b })
    const below = await issue({ commonName: 'below', issuer: b })
    expect(Object.keys(findNeeds([b.parsed, crossed.parsed], [[below.parsed]]))).toHaveLength(2)
  })

  test('nobody, where there is no certificate', () => expect(findNeeds([root.parsed], [[]])).toEqual({}))
})

function judge(...sent: readonly Issued[]) {
  return judgeMountChain(sent.map(({ certPem }) => certPem).join(''), anchorsOf(root), NOW_MS)
}

function anchorsOf(...anchors: readonly Issued[]): TrustAnchors {
  return { certificates: anchors.map(({ parsed }) => parsed), proved: new Set(), known: new Map() }
}

function namesOf(authorities: ReturnType<typeof judgeMountChain>): string[] {
  return authorities.map(({ facts }) => facts.commonName)
}
