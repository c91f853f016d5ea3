import { expect, test } from 'vitest'
import type { ReloadTarget } from '../../../../src/core/consumers/target.ts'
import { tellWaves } from '../../../../src/core/planning/tell-waves.ts'
import { podman } from '../consumer-builders.ts'

const named = (name: string, changes: Partial<ReloadTarget> = {}) =>
  ({ ...podman(name), ...changes }) as ReloadTarget

test.each<[string, readonly ReloadTarget[], readonly string[][]]>([
  ['nobody', [], []],
  ['those alike in order together', [named('a'), named('b', { order: 0 })], [['a', 'b']]],
  [
    'a later order after all of the one before',
    [named('a', { order: -1 }), named('b'), named('c'), named('d', { order: 2 })],
    [['a'], ['b', 'c'], ['d']],
  ],
  [
    'a rolling refresh alone',
    [named('a'), named('b', { delayMs: 1000 }), named('c'), named('d')],
    [['a'], ['b'], ['c', 'd']],
  ],
])('%s', (_, targets, waves) => {
  const steps = targets.map((target) => ({ kind: 'reload', target, materials: [], message: '' }) as const)
  const told = tellWaves(steps).map((wave) => wave.map(({ target }) => target.text.slice('podman:'.length)))
  expect(told).toEqual(waves)
})
