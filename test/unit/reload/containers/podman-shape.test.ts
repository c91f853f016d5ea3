import { expect, test } from 'vitest'
import { judgeContainer, judgeList, parseJson } from '../../../../src/reload/containers/podman-shape.ts'

const ID = 'ab'.repeat(32)

// As podman 4.3.1 printed it, shortened to what is read.
const INSPECTED = {
  Id: ID,
  Name: 'proxyprod',
  RestartCount: 0,
  State: {
    Status: 'running',
    ExitCode: 0,
    StartedAt: '2026-11-24T20:27:17.86922116Z',
    Health: { Status: '', FailingStreak: 0, Log: null },
  },
}

test('an inspected container', () => {
  expect(judgeContainer(INSPECTED)).toEqual({
    id: ID,
    name: 'proxyprod',
    state: 'running',
    exitCode: 0,
    pid: 0,
    startedAt: '2026-11-24T20:27:17.86922116Z',
    restartCount: 0,
    health: '',
    unit: '',
    binds: [],
  })
})

test('the unit that starts it', () => {
  const Config = { Labels: { PODMAN_SYSTEMD_UNIT: 'web.service', tls: 'true' } }
  expect(judgeContainer({ ...INSPECTED, Config }).unit).toBe('web.service')
  expect(judgeContainer({ ...INSPECTED, Config: { Labels: null } }).unit).toBe('')
})

test('what it mounts of the host', () => {
  const mount = { Type: 'bind', Source: '/srv/tls', Destination: '/tls', Mode: '', RW: false }
  const volume = { ...mount, Type: 'volume', Name: 'data' }
  const relabelled = { ...mount, Mode: 'Z', RW: true }
  const found = judgeContainer({ ...INSPECTED, Mounts: [mount, volume, relabelled] })
  const bind = { source: '/srv/tls', destination: '/tls' }
  expect(found.binds).toEqual([
    { ...bind, readOnly: true, relabel: '' },
    { ...bind, readOnly: false, relabel: 'Z' },
  ])
})

test('the health of podman 3 has another name', () => {
  const { Health: _, ...state } = INSPECTED.State
  const older = { ...INSPECTED, State: { ...state, Healthcheck: { Status: 'healthy' } } }
  expect(judgeContainer(older).health).toBe('healthy')
})

test('a list, with and without labels', () => {
  const listed = [
    { Id: ID, Names: ['web'], Labels: { tls: 'true' }, IsInfra: false, State: 'running' },
    { Id: ID, Names: ['bare'], Labels: null, IsInfra: true },
  ]
  expect(judgeList(listed)).toEqual([
    { id: ID, name: 'web', labels: { tls: 'true' }, isInfra: false },
    { id: ID, name: 'bare', labels: {}, isInfra: true },
  ])
})

test.each<[unknown, string]>([
  [{ ...INSPECTED, Id: '../../libpod/_ping' }, 'expected a container id of 64 hex digits'],
  [{ ...INSPECTED, Id: ID.slice(0, 12) }, 'expected a container id of 64 hex digits'],
  [{ ...INSPECTED, Name: undefined }, "expected Name in podman's answer, found undefined"],
  [{ ...INSPECTED, State: 'running' }, "expected State in podman's answer, found string"],
  [{ ...INSPECTED, RestartCount: '0' }, "expected RestartCount in podman's answer, found string"],
  [{ ...INSPECTED, Mounts: {} }, "expected Mounts in podman's answer, found object"],
  [
    { ...INSPECTED, Mounts: [{ Type: 'bind', Source: 'tls' }] },
    "expected Source in podman's answer, found string",
  ],
  [[INSPECTED], "expected a container in podman's answer, found a list"],
  [null, "expected a container in podman's answer, found null"],
])('%j is no container', (answer, message) => {
  expect(() => judgeContainer(answer)).toThrow(expect.objectContaining({ code: 'reload-failed' }))
  expect(() => judgeContainer(answer)).toThrow(message)
})

test.each<[unknown, string]>([
  [{ message: 'no' }, "expected a list of containers in podman's answer, found object"],
  [[{ Id: ID, Names: null }], "expected Names in podman's answer, found undefined"],
  [[{ Id: ID, Names: ['a'], Labels: { tls: 1 } }], "expected a label in podman's answer, found number"],
])('%j is no list', (answer, message) => expect(() => judgeList(answer)).toThrow(message))

test('text that is no JSON is not quoted', () => {
  expect(() => parseJson('<html>secret', '/run/p.sock')).toThrow(
    /^expected JSON from \/run\/p\.sock, found something else$/,
  )
})
