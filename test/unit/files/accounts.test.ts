import { expect, test } from 'vitest'
import type { Principal } from '../../../src/core/file-spec.ts'
import { openAccounts } from '../../../src/files/accounts.ts'

const SELF = { uid: 1234, gid: 5678 }
const self: Principal = { kind: 'self' }
const name = (text: string): Principal => ({ kind: 'name', name: text })
const id = (number: number): Principal => ({ kind: 'id', id: number })

// uid, gid and names of passwd(5) that every Linux has; Debian and Fedora agree on these.
test.each<[string, Principal, Principal, number, number]>([
  ['whoever keyroller runs as', self, self, 1234, 5678],
  ['numbers need no account', id(42_424_242), id(42_424_243), 42_424_242, 42_424_243],
  ['root by name brings its group', name('root'), self, 0, 0],
  ['another account brings its own group', name('daemon'), self, 1, 1],
  ['a group by name', self, name('root'), 1234, 0],
  ['name and group', name('root'), name('daemon'), 0, 1],
  ['a number brings no group', id(1), self, 1, 5678],
])('%s', (_, owner, group, uid, gid) => {
  expect(openAccounts(SELF).resolve(owner, group)).toEqual({ state: 'resolved', uid, gid })
})

test.each([
  [name('no-such-account'), self, 'no account no-such-account'],
  [name('root'), name('no-such-group'), 'no group no-such-group'],
  // A prefix of a name, and a pattern, are no names.
  [name('roo'), self, 'no account roo'],
  [name('.*'), self, 'no account .*'],
])('%j and %j are unknown', (owner, group, why) => {
  expect(openAccounts(SELF).resolve(owner, group)).toEqual({ state: 'unknown', why })
})
