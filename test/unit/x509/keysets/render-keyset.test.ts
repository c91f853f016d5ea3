import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FileSpec, KeysetForm, KeysetRole } from '../../../../src/core/file-spec.ts'
import type { KeyKind } from '../../../../src/core/keysets/document.ts'
import { concreteFiles } from '../../../../src/core/keysets/files.ts'
import type { KeysetRecord } from '../../../../src/core/keysets/record.ts'
import { renderKeysetFile } from '../../../../src/x509/keysets/render-keyset.ts'
import { fileSpec } from '../../core/builders.ts'
import { readBySystemd } from '../../core/secrets/systemd-reader.ts'
import { onlyNext, recordOf, stepOn } from './records.ts'

const KINDS = ['ed25519', 'ec-p256', 'ec-p521', 'rsa-2048', 'aes-256', 'hmac-384', 'raw'] as const
const RECORDS = new Map<KeyKind, KeysetRecord>()
beforeAll(async () => {
  for (const kind of KINDS) RECORDS.set(kind, await recordOf(kind))
})

describe('jwks', () => {
  test.each([
    ['ed25519', 'EdDSA', null],
    ['ec-p256', 'ES256', 'sha256'],
    ['ec-p521', 'ES512', 'sha512'],
    ['rsa-2048', 'RS256', 'sha256'],
  ] as const)('%s: what each version signs is verified by its entry', (kind, alg, hash) => {
    const record = recordFor(kind)
    const { keys } = JSON.parse(render('jwks', record))
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual(['v5', 'v6', 'v4', 'v3'])
    for (const jwk of keys) {
      expect(jwk).toMatchObject({ use: 'sig', alg })
      expect(Object.keys(jwk)).not.toEqual(expect.arrayContaining(['d']))
      const key = privateKey(record, jwk.kid.slice(1))
      const payload = Buffer.from('payload')
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
      expect(verify(hash, payload, publicKey, sign(hash, payload, key))).toBe(true)
    }
  })

  test('no private member of any kind is in it', () => {
    for (const kind of ['ed25519', 'ec-p256', 'rsa-2048'] as const) {
      const text = render('jwks', recordFor(kind))
      for (const member of ['"d"', '"p"', '"q"', '"dp"', '"dq"', '"qi"', '"k"'])
        expect(text).not.toContain(member)
    }
  })
})

describe('private_jwks', () => {
  test.each(KINDS)('%s: keys with which their versions sign, and which is in use', (kind) => {
    const record = recordFor(kind)
    const set = JSON.parse(render('private_jwks', record))
    expect(Object.keys(set)).toEqual(['active', 'keys'])
    expect(set.active).toBe('v5')
    for (const jwk of set.keys) {
      const secret = record.keys[jwk.kid.slice(1)]?.secret
      const found =
        jwk.kty === 'oct'
          ? Buffer.from(jwk.k, 'base64url')
          : createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'der' })
      expect(found.toString('base64')).toBe(secret)
    }
  })

  test('symmetric keys are named for what they are used for, as far as it is known', () => {
    const uses = (['hmac-384', 'aes-256', 'raw'] as const).map((kind) => {
      const [{ use, alg }] = JSON.parse(render('private_jwks', recordFor(kind))).keys
      return [use, alg]
    })
    expect(uses).toEqual([
      ['sig', 'HS384'],
      ['enc', undefined],
      [undefined, undefined],
    ])
  })

  test('before one is in use, what stands says which', () => {
    const standing = Buffer.from('{ "active": "legacy", "keys": [{"kid":"legacy"}] }')
    const set = JSON.parse(render('private_jwks', onlyNext(recordFor('ed25519')), {}, standing))
    expect(set.active).toBe('legacy')
    expect(set.keys).toEqual([{ kid: 'legacy' }, expect.objectContaining({ kid: 'v6' })])
  })
})

describe('a step on', () => {
  test('in a set with keys of others ours are replaced, and nothing else', () => {
    const record = recordFor('ed25519')
    const foreign = '{"kid":"old","kty":"OKP","crv":"Ed25519","x":"AA","ext":1.50}'
    const before = render('private_jwks', record, {}, Buffer.from(`{"about":"us","keys":[${foreign}]}`))
    const after = render('private_jwks', stepOn(record), {}, Buffer.from(before))
    expect(before).toContain(foreign)
    expect(after).toContain(foreign)
    const { active, about, keys } = JSON.parse(after)
    expect([active, about]).toEqual(['v6', 'us'])
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual(['old', 'v6', 'v5', 'v4'])
    expect(after).not.toContain(JSON.parse(render('private_jwks', record)).keys.at(-1).d)
  })

  test('entries of versions whose keys are gone leave too', () => {
    const record = recordFor('ed25519')
    const stale = [{ kid: 'v1', kty: 'OKP', crv: 'Ed25519', x: 'AA' }]
    const { keys } = JSON.parse(render('jwks', record, {}, Buffer.from(JSON.stringify({ keys: stale }))))
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual(['v5', 'v6', 'v4', 'v3'])
  })
})

describe('PEM', () => {
  test('the key in use, and its public key', () => {
    const record = recordFor('ec-p256')
    const key = createPrivateKey(render('pem', record))
    expect(key.equals(privateKey(record, '5'))).toBe(true)
    expect(createPublicKey(render('public_pem', record)).equals(createPublicKey(key))).toBe(true)
  })

  test('a directory: each version, and the marker', () => {
    const record = recordFor('ed25519')
    const files = renderAll('pem_dir', record)
    expect([...files.keys()]).toEqual(['v5.pem', 'v6.pem', 'v4.pem', 'v3.pem', 'active'])
    expect(files.get('active')).toBe('v5\n')
    expect(createPrivateKey(files.get('v3.pem') ?? '').equals(privateKey(record, '3'))).toBe(true)
  })

  test('evidence: public keys alone, of archived versions too', () => {
    const files = renderAll('public_dir', recordFor('ed25519'))
    expect([...files.keys()]).toEqual(['v2.pem', 'v3.pem', 'v4.pem', 'v5.pem'])
    for (const pem of files.values()) expect(pem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/)
  })

  test('a damaged file of ours is made again, another key is not overwritten', () => {
    const record = recordFor('ed25519')
    const [spec] = concreteFiles([fileSpec('pem_dir', 'tokens')], record.document)
    if (!spec) throw new Error('no file')
    const bytes = renderKeysetFile(spec, record, undefined)
    expect(renderKeysetFile(spec, record, bytes)).toEqual(bytes)
    expect(renderKeysetFile(spec, record, bytes.subarray(0, 60))).toEqual(bytes)
    const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    expect(() => renderKeysetFile(spec, record, Buffer.from(other))).toThrow(
      'v5.pem: expected the key of this version, found another',
    )
  })
})

describe('variable', () => {
  const form = { variable: 'SIGNING_KEY' }

  test('PEM of a pair over several lines, beside what stood there', () => {
    const record = recordFor('ed25519')
    const standing = Buffer.from('A="1\n2"\n# \xe9\nSIGNING_KEY=old\nB=2\n', 'latin1')
    const text = renderBytes('variable', record, form, standing)
    const seen = readBySystemd(text.toString())
    expect([...seen.keys()]).toEqual(['A', 'SIGNING_KEY', 'B'])
    expect(createPrivateKey(seen.get('SIGNING_KEY') ?? '').equals(privateKey(record, '5'))).toBe(true)
    expect(text.includes(Buffer.from('# \xe9\n', 'latin1'))).toBe(true)
  })

  test.each(['ed25519', 'aes-256'] as const)('%s as base64 needs no quotes', (kind) => {
    const record = recordFor(kind)
    const text = render('variable', record, { ...form, encoding: 'base64' })
    expect(text).toBe(`SIGNING_KEY=${record.keys[5]?.secret}\n`)
  })
})

describe('list and slots', () => {
  test('a list has one key a line, or all bytes in a row', () => {
    const record = recordFor('raw')
    const wanted = [5, 6, 4, 3].map((number) => record.keys[number]?.secret ?? '')
    expect(render('list', record).split('\n')).toEqual([...wanted, ''])
    const bytes = Buffer.concat(wanted.map((one) => Buffer.from(one, 'base64')))
    expect(renderBytes('list', record, { encoding: 'raw' }).equals(bytes)).toBe(true)
  })

  test('a slot has its key, and the last one where there are fewer', () => {
    const record = recordFor('raw')
    const slots = [0, 1, 2, 3, 4, 9].map((slot) => renderBytes('slots', record, { slot }).toString('base64'))
    expect(slots).toEqual([5, 6, 4, 3, 3, 3].map((number) => record.keys[number]?.secret))
    expect(renderBytes('slots', record, { slot: 0 })).toHaveLength(48)
  })

  test('what was authenticated by a key of the list is known by its bytes', () => {
    const [line = ''] = render('list', recordFor('hmac-384')).split('\n')
    const { k } = JSON.parse(render('private_jwks', recordFor('hmac-384'))).keys[0]
    const macOf = (key: Buffer) => createHmac('sha384', key).update('payload').digest('hex')
    expect(macOf(Buffer.from(line, 'base64'))).toBe(macOf(Buffer.from(k, 'base64url')))
  })
})

describe('what cannot be edited stays', () => {
  test.each<[KeysetRole, string, KeysetForm]>([
    ['jwks', 'not JSON', {}],
    ['jwks', '{"keys":"none"}', {}],
    ['private_jwks', '{"keys":[],"x":"\xff"}', {}],
    ['private_jwks', '{"keys":[{"kid":"v5","kty":"OKP","crv":"Ed25519","x":"AA"}]}', {}],
    ['jwks', '{"keys":[{"kid":"v2"}]}', {}],
    ['variable', 'A="open\n', { variable: 'KEY' }],
  ])('%s over %j', (role, standing, form) => {
    const record = recordFor('ed25519')
    expect(() => render(role, record, form, Buffer.from(standing, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'keyset-unfit', message: expect.stringContaining(`/srv/tokens/`) }),
    )
  })

  test('no error has a key in it', () => {
    const record = recordFor('ed25519')
    const broken = { ...record, keys: { ...record.keys, 5: { secret: 'Y2FuYXJ5', public: 'Y2FuYXJ5' } } }
    for (const role of ['jwks', 'private_jwks', 'pem', 'public_pem'] as const) {
      const fault = thrown(() => render(role, broken))
      expect(fault).toMatchObject({ code: 'keyset-unfit' })
      expect(JSON.stringify([fault, (fault as Error).stack, (fault as Error).cause])).not.toMatch(
        /canary|Y2FuYXJ5/,
      )
    }
    expect(() => render('list', { ...record, keys: {} })).toThrow(
      'expected a private key in the keyset, found none',
    )
  })
})

test.each(KINDS)('%s: every file over itself is the same bytes', (kind) => {
  const record = recordFor(kind)
  const isPair = record.keys[5]?.public !== undefined
  const roles: KeysetRole[] = ['private_jwks', 'variable', 'list', 'slots']
  if (isPair) roles.push('jwks', 'pem', 'public_pem', 'pem_dir', 'public_dir')
  for (const stage of [record, stepOn(record), onlyNext(record)]) {
    for (const spec of concreteFiles(
      roles.map((role) => specOf(role, { variable: 'KEY' })),
      stage.document,
    )) {
      const once = renderKeysetFile(spec, stage, undefined)
      expect(renderKeysetFile(spec, stage, once).equals(once)).toBe(true)
    }
  }
})

function recordFor(kind: KeyKind): KeysetRecord {
  const record = RECORDS.get(kind)
  if (!record) throw new Error(kind)
  return record
}

function privateKey({ keys }: KeysetRecord, number: string) {
  const der = Buffer.from(keys[number]?.secret ?? '', 'base64')
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

function specOf(role: KeysetRole, keys: KeysetForm = {}): FileSpec {
  return { ...fileSpec(role, 'tokens'), keys }
}

function render(role: KeysetRole, record: KeysetRecord, keys?: KeysetForm, standing?: Buffer): string {
  return renderBytes(role, record, keys, standing).toString()
}

function renderBytes(role: KeysetRole, record: KeysetRecord, keys?: KeysetForm, standing?: Buffer): Buffer {
  return renderKeysetFile(specOf(role, keys), record, standing)
}

function renderAll(role: KeysetRole, record: KeysetRecord): Map<string, string> {
  const files = concreteFiles([specOf(role)], record.document)
  return new Map(
    files.map((spec) => [
      spec.path.split('/').at(-1) ?? '',
      renderKeysetFile(spec, record, undefined).toString(),
    ]),
  )
}

function thrown(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
