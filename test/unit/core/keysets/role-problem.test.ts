import { expect, test } from 'vitest'
import { KEYSET_ROLES, type KeyEncoding, type KeysetRole } from '../../../../src/core/file-spec.ts'
import { KEY_KINDS, type KeyKind } from '../../../../src/core/keysets/document.ts'
import { encodingOf, roleProblem } from '../../../../src/core/keysets/role-problem.ts'

test.each(KEY_KINDS)('%s: what shows a public key or a PEM is for pairs', (kind) => {
  const refused = KEYSET_ROLES.filter((role) => roleProblem(kind, role) !== undefined)
  const isPair = /^(?:ec|rsa|ed)/.test(kind)
  expect(refused).toEqual(isPair ? [] : ['jwks', 'pem', 'public_pem', 'pem_dir', 'public_dir'])
})

test('what is wrong is said as expected and found', () => {
  expect(roleProblem('aes-256', 'jwks')).toEqual({
    expected: 'a kind with a public key for jwks',
    found: 'aes-256',
  })
  const base64 = { encoding: 'base64' } as const
  expect(roleProblem('ed25519', 'pem', base64)).toEqual({ expected: 'no encoding for pem', found: 'base64' })
})

test.each<[KeyKind, KeysetRole, KeyEncoding, string | undefined]>([
  ['ed25519', 'variable', 'pem', undefined],
  ['ed25519', 'variable', 'base64', undefined],
  ['ed25519', 'variable', 'raw', 'pem or base64'],
  ['aes-256', 'variable', 'base64', undefined],
  ['aes-256', 'variable', 'raw', 'base64'],
  ['aes-256', 'variable', 'pem', 'base64'],
  ['raw', 'list', 'raw', undefined],
  ['raw', 'slots', 'base64', undefined],
  ['rsa-3072', 'slots', 'raw', 'pem or base64'],
  ['hmac-512', 'list', 'pem', 'base64 or raw'],
])('%s in %s as %s', (kind, role, encoding, expected) => {
  expect(roleProblem(kind, role, { encoding })?.expected).toBe(expected)
})

test('the usual encoding, unless another is configured', () => {
  expect(encodingOf('ec-p256', 'slots')).toBe('pem')
  expect(encodingOf('raw', 'slots')).toBe('raw')
  expect(encodingOf('aes-256', 'list', { slot: 0 })).toBe('base64')
  expect(encodingOf('aes-256', 'list', { encoding: 'raw' })).toBe('raw')
})
