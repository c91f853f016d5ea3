import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileSpec, RawForm } from '../../../../src/core/file-spec.ts'
import { renderSecret } from '../../../../src/core/secrets/render-secret.ts'
import { fileSpec, secret } from '../builders.ts'

const FIELDS = { user: 'app', password: 'pässword\n', port: 5432, tags: ['a', { b: true }], gone: null }

describe('raw', () => {
  test('is the bytes of the field, whatever they are', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(fc.property(text, (value) => raw({ v: value }).equals(Buffer.from(value))))
  })

  test('base64 gives back any bytes, also over several lines', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const lines = Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\n')
        return raw({ v: `${lines}\n` }, { encoding: 'base64' }).equals(bytes)
      }),
    )
  })

  test.each(['a', 'abc*', 'YQ', 'YQ=', '====', '_-8='])('%j is no base64', (value) => {
    expect(() => raw({ v: value }, { encoding: 'base64' })).toThrow('secret/db: expected base64 in field v')
  })

  test.each([
    ['keep', 'a', 'a'],
    ['keep', 'a\n', 'a\n'],
    ['add', 'a', 'a\n'],
    ['add', 'a\n', 'a\n'],
    ['strip', 'a\n', 'a'],
    ['strip', 'a', 'a'],
    ['strip', '\n\n', '\n'],
  ] as const)('final newline %s of %j is %j', (finalNewline, value, bytes) => {
    expect(raw({ v: value }, { finalNewline }).toString()).toBe(bytes)
  })

  test('what is no text is JSON', () => {
    expect(raw({ v: 5432 }).toString()).toBe('5432')
    expect(raw({ v: { a: [true] } }).toString()).toBe('{"a":[true]}')
  })

  function raw(fields: Record<string, unknown>, form: Partial<RawForm> = {}): Buffer {
    const spec = { ...fileSpec('raw', 'db'), raw: { field: 'v', finalNewline: 'keep', ...form } } as const
    return renderSecret(secret('db'), spec, fields)
  }
})

describe('json', () => {
  test('is sorted, and the same whatever the order of the fields', () => {
    const text = json(FIELDS)
    expect(Object.keys(JSON.parse(text))).toEqual(['gone', 'password', 'port', 'tags', 'user'])
    expect(JSON.parse(text)).toEqual(FIELDS)
    expect(json(Object.fromEntries(Object.entries(FIELDS).reverse()))).toBe(text)
  })

  test('holds the fields that are configured', () => {
    expect(JSON.parse(json(FIELDS, ['user']))).toEqual({ user: 'app' })
  })

  test.each([2 ** 53, { deep: [-(2 ** 60)] }])('refuses %j, which has lost digits', (value) => {
    expect(() => json({ n: value })).toThrow('store it as text')
  })

  function json(fields: Record<string, unknown>, wanted?: readonly string[]): string {
    const of = wanted ? secret('db', { fields: wanted }) : secret('db')
    return renderSecret(of, fileSpec('json', 'db'), fields).toString()
  }
})

describe('no file', () => {
  const env = fileSpec('env', 'db')
  const CANARY = 'canary'
  test.each<[string, Record<string, unknown>, readonly string[] | undefined, FileSpec]>([
    ['expected the field pin, found password, user', { user: CANARY, password: CANARY }, ['pin'], env],
    ['expected the field constructor, found user', { user: CANARY }, ['constructor'], env],
    ['expected fields, found none', {}, undefined, env],
    ['expected a field that can be a variable', { 'db-password': CANARY }, undefined, env],
    ['expected no zero byte in field a', { a: `${CANARY}\0` }, undefined, env],
    ['expected one line in field a', { a: `${CANARY}\n` }, undefined, { ...env, quoting: 'none' }],
    ['expected no Unicode noncharacter in field a', { a: `${CANARY}\uffff` }, undefined, env],
    [
      'expected at most 262144 bytes for /srv/db/env.pem, found 300003',
      { a: CANARY.repeat(50_000) },
      undefined,
      env,
    ],
  ])('%s', (message, fields, wanted, spec) => {
    const of = wanted ? secret('db', { fields: wanted }) : secret('db')
    const fault = thrown(() => renderSecret(of, spec, fields))
    expect(fault).toMatchObject({
      code: 'secret-unfit',
      message: expect.stringContaining(`secret/db: ${message}`),
    })
    expect(JSON.stringify([fault, (fault as Error).stack])).not.toContain(CANARY)
  })
})

function thrown(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
