import { describe, expect, test } from 'vitest'
import type { ServerChange } from '../../../../src/core/server-side/compare.ts'
import {
  isReadable,
  judgePolicies,
  judgeRights,
  tellChanges,
  tellUnseen,
} from '../../../../src/core/server-side/host-view.ts'

const MAPPING = { policies: ['pki-issue-web', 'marker-cert-auth'], dropPolicies: ['debug-policy'] }
const NAMED = { server: { policy: 'pki-issue-web', policies: ['marker-cert-auth'] } }
const SIGN = [{ path: 'pki/sign/web', capabilities: ['update'] }]

describe('policies of the token', () => {
  test('all of them, and others that are told', () =>
    expect(judgePolicies(NAMED, MAPPING, ['default', 'marker-cert-auth', 'pki-issue-web', 'theirs'])).toEqual(
      {
        state: 'as-configured',
        message: 'the policies of its token are as configured; beside what is configured: theirs',
      },
    ))

  test('one that is missing, one that is to be dropped', () =>
    expect(judgePolicies(NAMED, MAPPING, ['default', 'pki-issue-web', 'debug-policy'])).toEqual({
      state: 'drift',
      message:
        'expected policy marker-cert-auth, found none; expected no policy debug-policy, found it attached',
    }))

  test('a name that only keyroller gave is not asked for', () => {
    const mapping = { policies: ['keyroller-web'], dropPolicies: [] }
    expect(judgePolicies({ server: {} }, mapping, ['pki-issue-web']).state).toBe('as-configured')
  })
})

describe('rights of the token', () => {
  test.each([['update'], ['create', 'update'], ['root']])('enough: %s', (...found) =>
    expect(judgeRights(SIGN, new Map([['pki/sign/web', found]])).state).toBe('as-configured'),
  )

  test('too few, with path, expected and found', () =>
    expect(judgeRights(SIGN, new Map([['pki/sign/web', ['deny']]]))).toEqual({
      state: 'drift',
      message: 'expected update on pki/sign/web, found deny',
    }))

  test('a token that may not ask is no drift', () =>
    expect(judgeRights(SIGN, undefined).state).toBe('unseen'))
})

test('only what may be read is read', () => {
  const rights = new Map([
    ['a', ['deny']],
    ['b', ['list', 'read']],
  ])
  expect(['a', 'b', 'c'].map((path) => isReadable(path, rights))).toEqual([false, true, false])
  expect(isReadable('b', undefined)).toBe(false)
})

test('what is kept is one sentence, what differs is one each, long texts are not quoted', () => {
  const write = {}
  const changes: ServerChange[] = [
    { path: 'a', action: 'keep', message: '' },
    { path: 'b', action: 'keep', message: '' },
    { path: 'c', action: 'create', message: '', differences: [], write },
    { path: 'd', action: 'refuse', message: 'yours to make' },
    {
      path: 'e',
      action: 'update',
      message: '',
      write,
      differences: [
        { field: 'max_ttl', wanted: 60, found: 30 },
        { field: 'policy', wanted: 'x'.repeat(500), found: undefined },
      ],
    },
  ]
  expect(tellChanges(changes)).toEqual([
    { state: 'as-configured', message: 'as configured: a, b' },
    { state: 'drift', message: 'c: expected it, found none' },
    { state: 'drift', message: 'd: yours to make' },
    {
      state: 'drift',
      message: 'e: max_ttl: expected 60, found 30; policy: expected another text, found none',
    },
  ])
  expect(tellChanges([])).toEqual([])
})

test('what only an operator sees is said once', () => {
  const role = { kind: 'role', pkiMount: 'pki', role: 'web', fields: {} } as const
  expect(tellUnseen([role, { kind: 'policy', name: 'keyroller-web', rules: '' }])).toEqual({
    state: 'unseen',
    message:
      'cannot be seen with the rights of this host: role web, policy keyroller-web; keyroller vault plan compares them',
  })
  expect(tellUnseen([])).toBeUndefined()
})
