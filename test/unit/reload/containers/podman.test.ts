import { expect, test } from 'vitest'
import { findUnsettled, selectByLabel } from '../../../../src/reload/containers/podman.ts'
import type { Container, ListedContainer } from '../../../../src/reload/containers/podman-shape.ts'

const BEFORE: Container = {
  id: 'ab'.repeat(32),
  name: 'web',
  state: 'running',
  exitCode: 0,
  pid: 0,
  startedAt: '2026-11-24T20:27:17.8Z',
  restartCount: 0,
  health: '',
  unit: '',
  binds: [],
}

test.each<[string, Partial<Container>, Partial<Container>]>([
  ['unchanged', {}, {}],
  ['restarted long ago, not since', { restartCount: 7 }, { restartCount: 7 }],
  ['healthy and still so', { health: 'healthy' }, { health: 'healthy' }],
  ['still starting', { health: 'starting' }, { health: 'starting' }],
  ['unhealthy already before', { health: 'unhealthy' }, { health: 'unhealthy' }],
])('settled: %s', (_, before, after) => {
  expect(findUnsettled({ ...BEFORE, ...before }, { ...BEFORE, ...after })).toBeUndefined()
})

test.each<[Partial<Container>, string]>([
  [{ state: 'exited', exitCode: 3 }, 'expected it to keep running, found exited with code 3'],
  [{ state: 'paused' }, 'expected it to keep running, found paused'],
  [
    { state: 'exited', exitCode: 3, restartCount: 1 },
    'expected it to keep running (RestartCount 0), found exited with code 3 (RestartCount 1)',
  ],
  [
    { startedAt: 'later' },
    'expected it to keep running (RestartCount 0), found it restarted at later (RestartCount 0)',
  ],
  [
    { startedAt: 'later', restartCount: 1 },
    'expected it to keep running (RestartCount 0), found it restarted at later (RestartCount 1)',
  ],
  [{ health: 'unhealthy' }, 'expected it to stay healthy, found unhealthy'],
])('not settled: %j', (after, message) => {
  expect(findUnsettled(BEFORE, { ...BEFORE, ...after })).toBe(message)
})

test('not settled: gone', () => {
  expect(findUnsettled(BEFORE, undefined)).toBe('expected it to keep running, found it gone')
})

test.each<[string, { key: string; value?: string }, string[]]>([
  ['a value', { key: 'tls', value: 'true' }, ['a-proxy', 'web']],
  ['any value', { key: 'tls' }, ['a-proxy', 'off', 'web']],
  ['an empty value is a value', { key: 'tls', value: '' }, []],
  ['a star is no pattern', { key: 't*' }, []],
  ['what every object has is no label', { key: 'constructor' }, []],
])('selected by %s, in name order, without infra containers', (_, label, names) => {
  const listed = [
    container('web', { tls: 'true' }),
    container('off', { tls: 'false' }),
    container('a-proxy', { tls: 'true', other: '' }),
    container('bare', {}),
    { ...container('pod-infra', { tls: 'true' }), isInfra: true },
  ]
  expect(selectByLabel(listed, label).map(({ name }) => name)).toEqual(names)
})

function container(name: string, labels: Record<string, string>): ListedContainer {
  return { id: 'ab'.repeat(32), name, labels, isInfra: false }
}
