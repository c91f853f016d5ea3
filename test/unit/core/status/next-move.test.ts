import { expect, test } from 'vitest'
import type { OwedReload } from '../../../../src/core/memory.ts'
import { nextMoves } from '../../../../src/core/status/next-move.ts'
import type { Rung } from '../../../../src/core/status/rung.ts'
import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import { inHours } from '../builders.ts'
import { owed as debt } from '../consumer-builders.ts'

const rung = (state: Rung['state']): Rung => ({ state, reason: state, message: state })
const DUE_MS = inHours(5)

function moves(
  next: MaterialStatus['next'],
  consumer: Rung['state'],
  owed: readonly OwedReload[] = [],
  served: Rung['state'] = consumer,
) {
  const yes = { issued: rung('yes'), installed: rung('yes'), verified: rung('off') }
  const states = { ...yes, loaded: rung(consumer), served: rung(served) }
  return nextMoves({ id: 'certificate/web', ready: true, ...states, next, owed, dueAtMs: DUE_MS })
}

test('nothing due: renewed when it is, consumers told and looked at along with that', () => {
  const keep = { action: 'keep', reason: 'current', message: '', atMs: DUE_MS } as const
  expect(moves(keep, 'unknown')).toEqual({
    issued: { action: 'renew', atMs: DUE_MS },
    installed: { action: 'keep' },
    loaded: { action: 'tell', atMs: DUE_MS },
    served: { action: 'look', atMs: DUE_MS },
  })
})

test('told and seen by nobody: the next run looks', () => {
  const keep = { action: 'keep', reason: 'current', message: '', atMs: DUE_MS } as const
  const { loaded, served } = moves(keep, 'yes', [], 'unknown')
  expect([loaded, served]).toEqual([{ action: 'tell', atMs: DUE_MS }, { action: 'look' }])
})

test('a file to be mended does not hasten the renewal; who was missed is told by the next run', () => {
  expect(moves({ action: 'repair', reason: 'file-drift', message: '' }, 'no')).toEqual({
    issued: { action: 'renew', atMs: DUE_MS },
    installed: { action: 'repair' },
    loaded: { action: 'tell' },
    served: { action: 'look' },
  })
})

test('consumers that wait are told at the first next try, and by the next run when one of them waits for none', () => {
  const keep = { action: 'keep', reason: 'current', message: '', atMs: DUE_MS } as const
  const later = [2, 1].map((hours) => debt('podman:a', ['certificate/web'], { retryAtMs: inHours(hours) }))
  expect(moves(keep, 'no', later)).toMatchObject({
    loaded: { action: 'tell', atMs: inHours(1) },
    served: { action: 'look', atMs: inHours(1) },
  })
  const { loaded } = moves(keep, 'no', [...later, debt('podman:b', ['certificate/web'])])
  expect(loaded).toEqual({ action: 'tell' })
})

test('a failure waits for its next try', () => {
  const hold = { action: 'hold', reason: 'backing-off', message: '', atMs: inHours(1) } as const
  expect(moves(hold, 'off').issued).toEqual({ action: 'hold', atMs: inHours(1) })
})
