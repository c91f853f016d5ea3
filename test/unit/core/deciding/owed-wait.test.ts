import { expect, test } from 'vitest'
import {
  afterTry,
  EAGER_TRIES,
  holdOwed,
  LONGEST_OWED_WAIT_MS,
} from '../../../../src/core/deciding/owed-wait.ts'
import { EMPTY_MEMORY, type OwedReload, type RunMemory } from '../../../../src/core/memory.ts'
import { HOUR_MS, leaf, NOW_MS } from '../builders.ts'
import { owed } from '../consumer-builders.ts'

const WEB = 'certificate/web'
const MINUTE_MS = 60_000

test('the first runs wait for nothing, then ten minutes double up to an hour', () => {
  let debt: OwedReload | undefined
  const waits = Array.from({ length: 8 }, () => {
    debt = afterTry(owed('podman:proxy', [WEB]), debt, EMPTY_MEMORY, NOW_MS)
    return debt.retryAtMs === undefined ? 'none' : (debt.retryAtMs - NOW_MS) / MINUTE_MS
  })
  expect(waits).toEqual(['none', 'none', 10, 20, 40, 60, 60, 60])
  expect(debt?.attempts).toBe(8)
})

test.each([
  ['a day left: the hour stands', 24, 60],
  ['four hours left', 4, 30],
  ['half an hour left: ten minutes, never less', 0.5, 10],
  ['long over', -1, 60],
])('the wait for a certificate with %s', (_, leftHours, minutes) => {
  const issued = { ...leaf(), notAfterMs: NOW_MS + leftHours * HOUR_MS, atMs: NOW_MS }
  const memory: RunMemory = { ...EMPTY_MEMORY, materials: { [WEB]: { issued } } }
  const { retryAtMs = 0 } = afterTry(owed('podman:proxy', [WEB]), { attempts: 20 }, memory, NOW_MS)
  expect((retryAtMs - NOW_MS) / MINUTE_MS).toBe(minutes)
})

test('it holds until the next try, says when and why, and not at it', () => {
  const before = owed('podman:proxy', [WEB], { message: 'proxy: expected running, found exited' })
  const debt = afterTry(before, { attempts: EAGER_TRIES - 1 }, EMPTY_MEMORY, NOW_MS)
  expect(holdOwed(debt, 'reload-failed', NOW_MS)).toEqual({
    kind: 'hold',
    reason: 'backing-off',
    fault: 'reload-failed',
    target: 'podman:proxy',
    materials: [WEB],
    retryAtMs: NOW_MS + 10 * MINUTE_MS,
    message:
      'owed since 2026-06-01T11:00:00Z, next try at 2026-06-01T12:10:00Z after 3 failed, ' +
      'last: proxy: expected running, found exited',
  })
  expect(holdOwed(debt, 'reload-failed', NOW_MS + 10 * MINUTE_MS)).toBeUndefined()
})

test.each<[string, Partial<OwedReload>]>([
  ['a debt of a state of before', {}],
  [
    'a try in the future: the clock jumped back',
    { atMs: NOW_MS + 1, retryAtMs: NOW_MS + LONGEST_OWED_WAIT_MS },
  ],
])('%s waits for nothing', (_, changes) => {
  expect(holdOwed(owed('podman:proxy', [WEB], changes), 'reload-failed', NOW_MS)).toBeUndefined()
})
