import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SandboxFacts } from '../../../../src/core/doctor/facts.ts'
import { type Access, accessOf } from '../../../../src/core/doctor/sandbox.ts'
import { SHIPPED } from './sound-facts.ts'

test.each<[string, Partial<SandboxFacts>, Access]>([
  ['/home/web/tls', {}, 'writable'],
  ['/root/tls', {}, 'writable'],
  ['/var/lib/keyroller', {}, 'writable'],
  ['/var/lib/keyroller/previous', {}, 'writable'],
  ['/var/lib/keyroller2', {}, 'read-only'],
  ['/etc/nginx/tls', {}, 'read-only'],
  ['/etc/nginx/tls', { readWrite: ['/etc/nginx'] }, 'writable'],
  ['/etc/nginx/tls', { readWrite: ['-/etc/nginx/tls'] }, 'writable'],
  ['/etc/nginx/tls', { readWrite: ['/etc'], readOnly: ['/etc/nginx'] }, 'read-only'],
  ['/etc/nginx/tls', { readOnly: ['/etc'], readWrite: ['/etc/nginx'] }, 'writable'],
  ['/etc/nginx/tls', { readWrite: ['/etc'], inaccessible: ['/etc'] }, 'hidden'],
  ['/etc/nginx/tls', { protectSystem: 'full' }, 'read-only'],
  ['/etc/nginx/tls', { protectSystem: 'yes' }, 'writable'],
  ['/usr/local/tls', { protectSystem: 'yes' }, 'read-only'],
  ['/srv/tls', { protectSystem: 'no' }, 'writable'],
  ['/home/web/tls', { protectHome: 'yes' }, 'hidden'],
  ['/home/web/tls', { protectHome: 'read-only' }, 'read-only'],
  ['/home/web/tls', { protectHome: 'read-only', readWrite: ['/home/web'] }, 'writable'],
  ['/home/web/tls', { protectHome: 'tmpfs' }, 'private'],
  ['/home/web/tls', { protectHome: 'tmpfs', binds: ['/home/web'] }, 'writable'],
  ['/home/web/tls', { protectHome: 'tmpfs', readOnlyBinds: ['/home/web'] }, 'read-only'],
  ['/tmp/tls', {}, 'private'],
  ['/tmp/tls', { privateTmp: false }, 'read-only'],
  ['/run/tls', { temporary: ['/run'] }, 'private'],
])('%s with %j is %s', (path, changes, access) => {
  expect(accessOf(path, { ...SHIPPED, ...changes })).toBe(access)
})

test('ReadWritePaths= of the very directory always lets it be written, unless it is named otherwise as well', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'home', 'etc', 'tmp'), { minLength: 1, maxLength: 4 })
  const setting = fc.constantFrom('no', 'yes', 'full', 'strict')
  fc.assert(
    fc.property(path, path, setting, (parts, other, protectSystem) => {
      const directory = `/${parts.join('/')}`
      const sandbox = {
        ...SHIPPED,
        protectSystem,
        readOnly: [`/${other.join('/')}/x`],
        readWrite: [directory],
      }
      fc.pre(!sandbox.readOnly.includes(directory))
      expect(accessOf(directory, sandbox)).toBe('writable')
      expect(accessOf(`${directory}/below`, { ...sandbox, readOnly: [] })).toBe('writable')
    }),
  )
})
