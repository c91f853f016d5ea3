import 'reflect-metadata'
import { Extension, X509CrlGenerator } from '@peculiar/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { judgeSerial, readRevocationList } from '../../../src/x509/revocation-list.ts'
import { authority, DAY_MS, type Holder, type Issued, NOW_MS } from './authority.ts'

const REVOKED_AT_MS = NOW_MS - DAY_MS

let ca: Issued
let stranger: Issued
beforeAll(async () => {
  ca = await authority('issuer')
  stranger = await authority('issuer')
})

describe('a list that its issuer signed', () => {
  test('names what is revoked, however its serial is written', async () => {
    expect(await judge(await list(), '0a11')).toBe(REVOKED_AT_MS)
    expect(await judge(await list(), 'a11')).toBe(REVOKED_AT_MS)
  })

  test('clears what it does not name', async () => expect(await judge(await list(), '4a12')).toBeUndefined())

  test('that has ended still names, and clears nobody', async () => {
    const ended = await list({ nextUpdateMs: NOW_MS - 1000 })
    expect(await judge(ended, '0a11')).toBe(REVOKED_AT_MS)
    await expect(judge(ended, '4a12')).rejects.toThrow('found one that ended at 2026-06-01T11:59:59Z')
  })

  test('from the future clears nobody', async () =>
    await expect(judge(await list({ thisUpdateMs: NOW_MS + DAY_MS }), '4a12')).rejects.toThrow(
      'compare the clocks',
    ))
})

describe('not taken', () => {
  test('a list of somebody else under the same name', async () =>
    await refused(await list({ signer: stranger }), 'found a signature that does not verify'))

  test('a list of somebody else', async () => {
    const other = await authority('somebody else')
    await refused(await list({ signer: other }), 'found one of CN=somebody else')
  })

  test.each([
    ['a delta', '2.5.29.27'],
    ['one of a part', '2.5.29.28'],
  ])('%s', async (_, type) => {
    const extensions = [new Extension(type, true, Buffer.from('020101', 'hex'))]
    await refused(await list({ extensions }), `one with the critical extension ${type}`)
  })

  test.each(['', 'nothing', '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n'])(
    'bytes that are none: %j',
    async (text) => await refused(text, 'found something that is none'),
  )
})

async function judge(text: string, serial: string): Promise<number | undefined> {
  return judgeSerial(await readRevocationList(text, ca.parsed), serial, NOW_MS)
}

async function refused(text: string, message: string): Promise<void> {
  await expect(readRevocationList(text, ca.parsed)).rejects.toMatchObject({
    code: 'revocation-unknown',
    message: expect.stringContaining(message),
  })
}

/** One revoked serial, 0a11. */
async function list(
  changes: {
    readonly signer?: Holder & Pick<Issued, 'parsed'>
    readonly thisUpdateMs?: number
    readonly nextUpdateMs?: number
    readonly extensions?: Extension[]
  } = {},
): Promise<string> {
  const signer = changes.signer ?? ca
  const crl = await X509CrlGenerator.create({
    issuer: `CN=${signer.parsed.facts.commonName}`,
    thisUpdate: new Date(changes.thisUpdateMs ?? NOW_MS - DAY_MS),
    nextUpdate: new Date(changes.nextUpdateMs ?? NOW_MS + DAY_MS),
    entries: [{ serialNumber: '0a11', revocationDate: new Date(REVOKED_AT_MS) }],
    extensions: changes.extensions ?? [],
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    signingKey: signer.privateKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']),
  })
  return crl.toString('pem')
}
