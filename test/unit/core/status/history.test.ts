import { expect, test } from 'vitest'
import { continueHistory, EMPTY_HISTORY, isHistory } from '../../../../src/core/status/history.ts'
import type { Rung } from '../../../../src/core/status/rung.ts'
import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import { inHours, NOW_MS } from '../builders.ts'

const rung = (state: Rung['state']): Rung => ({ state, reason: state, message: state })

function status(id: MaterialStatus['id'], served: Rung['state']): MaterialStatus {
  const next = { action: 'keep', reason: 'current', message: '' } as const
  const yes = { issued: rung('yes'), installed: rung('yes'), loaded: rung('yes'), verified: rung('off') }
  return { id, ready: true, ...yes, served: rung(served), next, owed: [] }
}

test('a state keeps its beginning until it changes, whatever its sentence', () => {
  const first = continueHistory(EMPTY_HISTORY, [status('certificate/web', 'no')], NOW_MS)
  const same = continueHistory(first, [status('certificate/web', 'no')], inHours(1))
  expect(same).toEqual(first)
  const mended = continueHistory(same, [status('certificate/web', 'yes')], inHours(2))
  expect(mended.materials['certificate/web']?.states).toMatchObject({
    served: { state: 'yes', sinceMs: inHours(2) },
    ready: { state: 'yes', sinceMs: inHours(2) },
    issued: { state: 'yes', sinceMs: NOW_MS },
  })
})

test('what is configured no longer is forgotten', () => {
  const two = continueHistory(
    EMPTY_HISTORY,
    [status('certificate/a', 'yes'), status('certificate/b', 'yes')],
    NOW_MS,
  )
  const one = continueHistory(two, [status('certificate/b', 'yes')], NOW_MS)
  expect(Object.keys(one.materials)).toEqual(['certificate/b'])
})

test('is read back as it was written, and nothing else is taken for one', () => {
  const written = continueHistory(EMPTY_HISTORY, [status('certificate/a', 'yes')], NOW_MS)
  expect(isHistory(JSON.parse(JSON.stringify(written)))).toBe(true)
  for (const other of [undefined, {}, { schema: 2, materials: {} }, { schema: 1, materials: { a: {} } }])
    expect(isHistory(other)).toBe(false)
})
