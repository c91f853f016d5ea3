/** One answer for every way an issuer can be wrong, as real certificates; each is refused with its reason and a sentence. */
import { describe, expect, test } from 'vitest'
import type { Paired } from '../../../src/core/material.ts'
import { type Answer, judgeAnswer } from '../../../src/run/judge-answer.ts'
import { onlyBlock, toPem } from '../../../src/x509/pem.ts'
import { certificate, identity } from '../core/builders.ts'
import { PROBE } from '../core/consumer-builders.ts'
import { authority, DAY_MS, type Issued, issue, NOW_MS, newHolder, type Order } from '../x509/authority.ts'

const NAME = 'web.int.privsec.ch'
const [SERVER, CLIENT] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']
const WEB = certificate('web', {
  issuance: { dnsNames: ['www.privsec.ch'], uris: ['spiffe://privsec.ch/web'] },
})

const ALT_NAMES = [
  { type: 'dns', value: NAME },
  { type: 'dns', value: 'www.privsec.ch' },
  { type: 'url', value: 'spiffe://privsec.ch/web' },
] as const

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })
const unrelated = await authority('Unrelated', { issuer: await authority('Other root') })
const holder = newHolder([{ CN: [{ utf8String: NAME }] }])
const good = await signed({})

test('what was asked for may be installed, chain and anchors with it', () => {
  const { parts, certificate, leftOut } = judge({})
  expect(parts).toEqual({
    keyPem: good.keyPem,
    leafPem: good.certPem,
    chainPems: [intermediate.certPem],
    anchorPems: [root.certPem],
  })
  expect([certificate.serial, leftOut]).toEqual([good.parsed.facts.serial, 0])
})

describe('the leaf', () => {
  test.each<[string, () => Promise<Partial<Answer>>, string]>([
    [
      'another key',
      leafOf({ holder: newHolder(holder.name) }),
      'other-key: expected the key of the request, found another',
    ],
    [
      'expired',
      leafOf({ notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS }),
      'expired: expected a certificate that is valid now, found one that expired at 2026-06-01T12:00:00Z: compare the clocks',
    ],
    [
      'not valid yet',
      leafOf({ notBeforeMs: NOW_MS + 3_600_000 }),
      'not-yet-valid: expected a certificate that is valid now, found one valid in 1h: compare the clocks',
    ],
    [
      'a life that began years ago',
      leafOf({ notBeforeMs: NOW_MS - 1000 * DAY_MS }),
      'backdated: expected a certificate whose life begins now, found one valid since 2023-09-05T12:00:00Z, 1000d ago',
    ],
    ['CA:TRUE', leafOf({ isCa: true }), 'authority: expected a leaf, found a CA certificate'],
    [
      'another common name',
      leafOf({ holder: { ...holder, name: [{ CN: ['evil.example'] }] } }),
      `other-names: expected common name ${NAME}, found evil.example`,
    ],
    [
      'a second common name',
      leafOf({ holder: { ...holder, name: [{ CN: [NAME] }, { CN: ['evil.example'] }] } }),
      `other-names: expected common name ${NAME}, found ${NAME}+evil.example`,
    ],
    [
      'a name missing',
      leafOf({ altNames: ALT_NAMES.slice(0, 1) }),
      'other-names: expected DNS names www.privsec.ch, found none',
    ],
    [
      'a name more',
      leafOf({ altNames: [...ALT_NAMES, { type: 'dns', value: '*.privsec.ch' }] }),
      'other-names: expected DNS names www.privsec.ch, found *.privsec.ch, www.privsec.ch',
    ],
    [
      'an address nobody asked for',
      leafOf({ altNames: [...ALT_NAMES, { type: 'ip', value: '192.0.2.7' }] }),
      'other-names: expected IP addresses none, found 192.0.2.7',
    ],
    [
      'another URI',
      leafOf({ altNames: [...ALT_NAMES.slice(0, 2), { type: 'url', value: 'spiffe://evil.example/web' }] }),
      'other-names: expected URIs spiffe://privsec.ch/web, found spiffe://evil.example/web',
    ],
    [
      'an email address nobody asked for',
      leafOf({ altNames: [...ALT_NAMES, { type: 'email', value: 'evil@privsec.ch' }] }),
      'other-names: expected email addresses none, found evil@privsec.ch',
    ],
    [
      'a signature with SHA-1',
      leafOf({ hash: 'SHA-1' }),
      `weak-signature: expected a signature with SHA-256 or better, found ecdsa-with-SHA1 on ${NAME}`,
    ],
  ])('%s', async (_, answer, message) => expect(fault(await answer())).toBe(`certificate/web: ${message}`))

  test('another issuer than the one configured', () => {
    const material = { ...WEB, issuance: { ...WEB.issuance, issuerName: 'New CA' } }
    expect(fault({ material })).toBe(
      'certificate/web: other-issuer: expected issuer New CA, found Intermediate',
    )
  })

  test('another organisation than the one configured', () => {
    const material = { ...WEB, issuance: { ...WEB.issuance, subject: { organization: ['PrivSec'] } } }
    expect(fault({ material })).toBe(
      'certificate/web: other-names: expected subject organisation PrivSec, found none',
    )
  })

  test('worse than what is on disk', async () => {
    const short = await signed({ notAfterMs: NOW_MS + 60_000 })
    expect(fault({ ...answerOf(short), currentNotAfterMs: NOW_MS + DAY_MS })).toBe(
      'certificate/web: too-short: expected about 1d of life from pki-prod/roles/web, found 1m, and the one on disk lives until 2026-06-02T12:00:00Z',
    )
  })
})

describe('what it may be used for', () => {
  const issuance = WEB.issuance
  test.each<[string, Paired, string[], string | undefined]>([
    ['an identity logs in as a client', identity('web', { issuance }), [SERVER], 'client authentication'],
    ['an identity that may do both', identity('web', { issuance }), [SERVER, CLIENT], undefined],
    ['what a TLS client meets is a server', { ...WEB, probes: [PROBE] }, [CLIENT], 'server authentication'],
    ['a server', { ...WEB, probes: [PROBE] }, [SERVER], undefined],
  ])('%s', async (_, material, usages, wanted) => {
    const answer = { material, ...answerOf(await signed({ usages })) }
    if (wanted === undefined) return expect(judge(answer).leftOut).toBe(0)
    expect(fault(answer)).toContain(`wrong-usage: expected extended key usage ${wanted}, found`)
  })
})

describe('the chain', () => {
  test('its intermediate missing', () => {
    expect(fault(answerOf(good, []))).toContain(
      `untrusted-chain: expected a chain to ${WEB.issuance.trustFile}, found no issuer of ${NAME} (Intermediate)`,
    )
  })

  test('from another root', async () => {
    const other = await authority('Intermediate', { issuer: await authority('Root') })
    expect(fault(answerOf(await signed({ issuer: other }), [other]))).toContain(
      'found no issuer of Intermediate (Root)',
    )
  })

  test('a signature that does not verify', async () => {
    const forger = { ...newHolder(intermediate.name) }
    expect(fault(answerOf(await signed({ issuer: forger })))).toContain(
      `found no issuer of ${NAME} (Intermediate)`,
    )
  })

  test('an intermediate that has expired', async () => {
    const old = await authority('Old', { issuer: root, notAfterMs: NOW_MS - DAY_MS })
    expect(fault(answerOf(await signed({ issuer: old }), [old]))).toContain('found Old, which expired at')
  })

  test('an intermediate signed with SHA-1', async () => {
    const weak = await authority('Weak', { issuer: root, hash: 'SHA-1' })
    expect(fault(answerOf(await signed({ issuer: weak }), [weak]))).toContain('found ecdsa-with-SHA1 on Weak')
  })

  test('a root signed with SHA-1 is trusted for what it is', async () => {
    const weak = await authority('Weak root', { hash: 'SHA-1' })
    expect(judge({ ...answerOf(await signed({ issuer: weak }), []), anchors: anchorsOf(weak) }).leftOut).toBe(
      0,
    )
  })

  test('what did not issue it stays out: another authority, a leaf, the root', async () => {
    const stray = await signed({ issuer: unrelated })
    const judged = judge(answerOf(good, [unrelated, stray, root, intermediate]))
    expect([judged.parts.chainPems, judged.leftOut]).toEqual([[intermediate.certPem], 3])
  })

  test('comes in the order in which it was signed, cross-signed twins and all', async () => {
    const lower = await authority('Lower', { issuer: intermediate })
    const crossed = await authority('Intermediate', { holder: intermediate, issuer: unrelated })
    const judged = judge(answerOf(await signed({ issuer: lower }), [crossed, intermediate, unrelated, lower]))
    expect(judged.parts.chainPems).toEqual(
      [lower, crossed, intermediate, unrelated].map(({ certPem }) => certPem),
    )
  })
})

describe('no certificate by the strict grammar', () => {
  const der = onlyBlock(good.certPem, 'CERTIFICATE')
  test.each([
    ['two blocks', good.certPem + intermediate.certPem, 'expected one certificate, found 2'],
    [
      'text after the block',
      `${good.certPem}and more`,
      `expected a PEM block at character ${good.certPem.length}, found something else`,
    ],
    [
      'text before the block',
      `subject=x\n${good.certPem}`,
      'expected a PEM block at character 0, found something else',
    ],
    [
      'bytes after the certificate',
      toPem('CERTIFICATE', Buffer.concat([der, Buffer.from([0])])),
      'expected one DER value filling its block, found trailing or missing bytes',
    ],
    [
      'half a certificate',
      toPem('CERTIFICATE', der.subarray(0, 200)),
      'expected one DER value filling its block, found trailing or missing bytes',
    ],
    ['far too large', toPem('CERTIFICATE', Buffer.alloc(40_000)), 'expected at most 36500 characters, found'],
    ['a key', good.keyPem, 'expected a PEM block CERTIFICATE, found PRIVATE KEY'],
    ['nothing', '', 'expected one certificate, found none'],
    [
      'a value that is no certificate',
      toPem('CERTIFICATE', Buffer.from('3003020105', 'hex')),
      'expected a certificate, found bytes that are none',
    ],
  ])('%s', (_, pem, message) => {
    const leaf = fault({ signed: { certificatePem: pem, caChainPems: [intermediate.certPem] } })
    const above = fault({
      signed: { certificatePem: good.certPem, caChainPems: [intermediate.certPem, pem] },
    })
    for (const told of [leaf, above]) {
      expect(told).toContain(`certificate/web: malformed: ${message}`)
      expect(told).not.toContain('BEGIN')
    }
  })
})

/** A leaf as asked for, just issued, but for the changes. */
function signed(changes: Partial<Order>): Promise<Issued> {
  return issue({
    ...{ commonName: NAME, holder, issuer: intermediate, altNames: ALT_NAMES },
    notBeforeMs: NOW_MS - 30_000,
    ...changes,
  })
}

function leafOf(changes: Partial<Order>): () => Promise<Partial<Answer>> {
  return async () => answerOf(await signed(changes))
}

function answerOf(leaf: Issued, chain: readonly Issued[] = [intermediate]): Pick<Answer, 'signed'> {
  return { signed: { certificatePem: leaf.certPem, caChainPems: chain.map(({ certPem }) => certPem) } }
}

function anchorsOf({ parsed }: Issued): Answer['anchors'] {
  return { certificates: [parsed], proved: new Set(), known: new Map() }
}

function judge(changes: Partial<Answer>) {
  return judgeAnswer({
    ...{ material: WEB, keypair: holder, anchors: anchorsOf(root) },
    ...{ currentNotAfterMs: undefined, nowMs: NOW_MS },
    ...answerOf(good),
    ...changes,
  })
}

function fault(changes: Partial<Answer>): string {
  try {
    judge(changes)
  } catch (error) {
    expect(error).toMatchObject({ code: 'issue-invalid' })
    return (error as Error).message
  }
  return 'nothing'
}
