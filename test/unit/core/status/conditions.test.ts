import { expect, test } from 'vitest'
import { conditionsOf } from '../../../../src/core/status/conditions.ts'
import type { Rung } from '../../../../src/core/status/rung.ts'

const rung = (state: Rung['state']): Rung => ({ state, reason: `is-${state}`, message: state })

test.each<[Rung['state'][], Rung['state'], Rung['state'], string]>([
  [['yes', 'yes', 'yes', 'yes', 'yes'], 'yes', 'yes', 'every rung that is configured is reached'],
  [['yes', 'yes', 'off', 'off', 'off'], 'yes', 'yes', 'every rung that is configured is reached'],
  [['yes', 'yes', 'yes', 'no', 'unknown'], 'no', 'yes', 'not served: no'],
  [['yes', 'yes', 'yes', 'yes', 'no'], 'no', 'yes', 'not verified: no'],
  [['yes', 'yes', 'unknown', 'yes', 'yes'], 'unknown', 'unknown', 'not loaded: unknown'],
  [['yes', 'unknown', 'no', 'yes', 'yes'], 'no', 'no', 'not loaded: no'],
])('%j: ready %s, synced %s', (states, ready, synced, message) => {
  const [issued, installed, loaded, served, verified] = states.map(rung) as [Rung, Rung, Rung, Rung, Rung]
  const conditions = conditionsOf({ issued, installed, loaded, served, verified })
  expect(conditions.ready).toMatchObject({ state: ready, message })
  expect(conditions.synced.state).toBe(synced)
  expect(conditions.verified).toEqual(verified)
})
