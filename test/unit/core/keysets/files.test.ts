import { expect, test } from 'vitest'
import { KEYSET_ROLES } from '../../../../src/core/file-spec.ts'
import { emptyKeyset, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import { concreteFiles, staleNames } from '../../../../src/core/keysets/files.ts'
import { fileSpec } from '../builders.ts'

const base = { kind: 'ed25519', createdMs: 1 } as const
const DOCUMENT: KeysetDocument = {
  schema: 1,
  name: 'tokens',
  versions: [
    { ...base, state: 'retired', number: 1, kid: 'a', activeMs: 1, retiringMs: 2, retiredMs: 3 },
    { ...base, state: 'active', number: 2, kid: 'b', activeMs: 2 },
    { ...base, state: 'next', number: 3, kid: 'c' },
  ],
}
const ONLY_NEXT: KeysetDocument = {
  ...DOCUMENT,
  versions: [{ ...base, state: 'next', number: 1, kid: 'a' }],
}
const DIRECTORY = { ...fileSpec('pem_dir', 'tokens'), path: '/srv/keys', mode: 0o640 }

test('a directory is a file for each version that it shows, and the marker', () => {
  expect(concreteFiles([DIRECTORY], DOCUMENT)).toEqual([
    { ...DIRECTORY, path: '/srv/keys/v2.pem', keys: { of: 2 } },
    { ...DIRECTORY, path: '/srv/keys/v3.pem', keys: { of: 3 } },
    { ...DIRECTORY, path: '/srv/keys/active', keys: { of: 'marker' } },
  ])
  expect(paths(concreteFiles([DIRECTORY], ONLY_NEXT))).toEqual(['/srv/keys/v1.pem'])
})

test('a directory of evidence has no marker', () => {
  const evidence = { ...DIRECTORY, role: 'public_dir' } as const
  expect(paths(concreteFiles([evidence], DOCUMENT))).toEqual(['/srv/keys/v1.pem', '/srv/keys/v2.pem'])
})

test('everything else is one file once it has something to show', () => {
  const all = KEYSET_ROLES.filter((role) => !role.endsWith('_dir')).map((role) => fileSpec(role, 'tokens'))
  expect(concreteFiles(all, DOCUMENT)).toEqual(all)
  expect(concreteFiles(all, ONLY_NEXT).map(({ role }) => role)).toEqual(['jwks', 'private_jwks'])
  expect(concreteFiles(all, emptyKeyset('tokens'))).toEqual([])
})

test('without a document every file is watched whose name is known, and what is no keyset stays as it is', () => {
  const files = [DIRECTORY, fileSpec('pem', 'tokens'), fileSpec('list', 'tokens')]
  expect(concreteFiles(files, undefined)).toEqual(files.slice(1))
  expect(concreteFiles([fileSpec('key', 'web')], ONLY_NEXT)).toEqual([fileSpec('key', 'web')])
})

test('stale are files of versions that were, not of others, nor by another name', () => {
  const found = ['v1.pem', 'v2.pem', 'v4.pem', 'v01.pem', 'v1.pem.bak', 'active', 'V1.pem', 'notes']
  expect(staleNames(found, ['v2.pem', 'v3.pem', 'active'], DOCUMENT)).toEqual(['v1.pem'])
  expect(staleNames(found, ['v1.pem', 'v2.pem'], DOCUMENT)).toEqual([])
  expect(staleNames(found, [], emptyKeyset('tokens'))).toEqual([])
})

function paths(files: readonly { readonly path: string }[]): string[] {
  return files.map(({ path }) => path)
}
