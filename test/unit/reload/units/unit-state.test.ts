import { expect, test } from 'vitest'
import { managerSocket } from '../../../../src/reload/units/systemd.ts'
import { findInactive, findUnsettledUnit, refusalOf } from '../../../../src/reload/units/unit-state.ts'

const UP = { loadState: 'loaded', activeState: 'active', invocation: 'aa' }

test.each([
  ['loaded', 'active', undefined],
  ['loaded', 'reloading', undefined],
  ['not-found', 'active', undefined], // unit file removed under a running service: it still runs
  ['loaded', 'inactive', 'expected active, found inactive'],
  ['loaded', 'failed', 'expected active, found failed'],
  ['loaded', 'activating', 'expected active, found activating'],
  ['masked', 'inactive', 'expected active, found inactive and masked'],
  ['not-found', 'inactive', 'expected active, found no such unit'],
])('a unit that is %s and %s', (loadState, activeState, message) => {
  expect(findInactive({ ...UP, loadState, activeState })).toBe(message)
})

test('a unit has settled only when it is up and was not started anew', () => {
  expect(findUnsettledUnit(UP, UP)).toBeUndefined()
  expect(findUnsettledUnit(UP, { ...UP, activeState: 'failed' })).toBe(
    'expected it to stay active, found failed',
  )
  expect(findUnsettledUnit(UP, { ...UP, invocation: 'bb' })).toBe(
    'expected it to keep running, found it restarted',
  )
})

test('a service that systemd has restarted by itself: the count, as found and expected', () => {
  const before = { ...UP, restarts: 2 }
  const after = { ...before, invocation: 'bb', restarts: 3 }
  expect(findUnsettledUnit(before, before)).toBeUndefined()
  expect(findUnsettledUnit(before, after)).toBe(
    'expected it to keep running (NRestarts 2), found it restarted (NRestarts 3)',
  )
  expect(findUnsettledUnit(before, { ...after, activeState: 'activating' })).toBe(
    'expected it to stay active (NRestarts 2), found activating (NRestarts 3)',
  )
  expect(findUnsettledUnit(before, { ...before, activeState: 'failed' })).toBe(
    'expected it to stay active, found failed',
  )
})

test.each([
  ['org.freedesktop.systemd1.NoSuchUnit', 'target-missing', 'expected active, found no such unit'],
  [
    'org.freedesktop.systemd1.UnitMasked',
    'target-missing',
    'expected a unit that can be reloaded, found it masked',
  ],
  [
    'org.freedesktop.systemd1.JobTypeNotApplicable',
    'reload-failed',
    'expected a unit with ExecReload=, found none',
  ],
  [
    'org.freedesktop.DBus.Error.AccessDenied',
    'reload-failed',
    'expected to be allowed to reload, found access denied: T',
  ],
  ['org.freedesktop.DBus.Error.ServiceUnknown', 'reload-failed', 'expected systemd on the bus, found nobody'],
  ['org.example.Other', 'reload-failed', 'expected systemd to agree, found org.example.Other: T'],
])('%s in plain words', (name, code, message) => {
  expect(refusalOf(name, 'T')).toMatchObject({ code, message })
})

test.each([
  [0, '/run/dbus/system_bus_socket'],
  [undefined, '/run/dbus/system_bus_socket'],
  [1000, '/run/user/1000/bus'],
])('uid %s commands the manager behind %s', (uid, path) => expect(managerSocket(uid)).toBe(path))
