import { expect, test } from 'vitest'
import { attributeDrift, findFileDrift } from '../../../../src/core/deciding/file-drift.ts'
import { absent, facts, file } from '../builders.ts'

const UNKNOWN = { state: 'unknown', why: 'no account web' } as const

test('files as configured need nothing', () => expect(findFileDrift(facts(), 'files')).toEqual([]))

test.each([
  ['mode', { mode: 0o640 }, 'attributes', 'expected mode 0600, found 0640'],
  ['set-user-id bit', { mode: 0o4600 }, 'attributes', 'expected mode 0600, found 4600'],
  ['owner', { uid: 1000 }, 'attributes', 'expected owner 0:0, found 1000:0'],
  ['group', { gid: 1000 }, 'attributes', 'expected owner 0:0, found 0:1000'],
  ['mode before owner', { mode: 0o640, uid: 7 }, 'attributes', 'expected mode 0600, found 0640'],
  ['bytes', { content: 'stale' }, 'rewrite', 'its key is not that of the set'],
  ['bytes before mode', { content: 'stale', mode: 0o640 }, 'rewrite', 'its key is not that of the set'],
] as const)('%s', (_, changes, how, message) => {
  const path = '/srv/web/key.pem'
  expect(findFileDrift(facts({ files: [file('key', changes), file('cert')] }), 'files')).toEqual([
    { path, how, message: `${path}: ${message}` },
  ])
})

test('a configured form is named', () => {
  const key = file('key', { content: 'stale' })
  const drift = findFileDrift(facts({ files: [{ ...key, spec: { ...key.spec, format: 'sec1' } }] }), 'files')
  expect(drift[0]?.message).toBe('/srv/web/key.pem: its key is not that of the set in the form sec1')
})

test('a file that is not there, or that is something else, is made anew', () => {
  const refused = {
    ...absent(file('cert')),
    state: 'refused',
    why: 'expected a regular file, found a FIFO',
  } as const
  expect(findFileDrift(facts({ files: [absent(file('key')), refused] }), 'files')).toEqual([
    { path: '/srv/web/key.pem', how: 'rewrite', message: '/srv/web/key.pem: expected a file, found none' },
    {
      path: '/srv/web/cert.pem',
      how: 'rewrite',
      message: '/srv/web/cert.pem: expected a regular file, found a FIFO',
    },
  ])
})

test('bytes that could not be compared, and owners nobody knows, are no drift', () => {
  expect(findFileDrift(facts({ files: [file('key', { content: 'unknown' })] }), 'files')).toEqual([])
  expect(attributeDrift(file('key', { wanted: UNKNOWN, uid: 1000 }))).toBeUndefined()
})
