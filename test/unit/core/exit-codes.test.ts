import { describe, expect, test } from 'vitest'
import type { Decision } from '../../../src/core/deciding/decision.ts'
import { holdOwed, type OwedHold } from '../../../src/core/deciding/owed-wait.ts'
import type { FaultCode } from '../../../src/core/errors.ts'
import { EXIT_CODES, worstExit } from '../../../src/core/exit-codes.ts'
import { exitOfRun } from '../../../src/core/run-exit.ts'
import { NOW_MS } from './builders.ts'
import { owed } from './consumer-builders.ts'

test('the numbers are interface', () => {
  expect(Object.entries(EXIT_CODES).map(([name, { code }]) => [name, code])).toEqual([
    ['internal', 1],
    ['usage', 2],
    ['config', 3],
    ['files', 4],
    ['auth', 5],
    ['denied', 6],
    ['rejected', 7],
    ['sealed', 8],
    ['unreachable', 9],
    ['unserved', 10],
    ['owed', 11],
    ['verify', 12],
    ['interrupted', 13],
    ['locked', 75],
  ])
})

describe('worstExit', () => {
  test('nothing went wrong: 0', () => expect(worstExit([])).toBe(0))

  test('of several the first of the table, in whatever order they came', () => {
    expect(worstExit(['owed', 'files', 'sealed'])).toBe(4)
    expect(worstExit(['sealed', 'owed', 'files'])).toBe(4)
    expect(worstExit(['locked', 'internal'])).toBe(1)
  })
})

describe('exitOfRun', () => {
  test('a run without faults: 0', () => expect(exitOfRun([], [KEEP])).toBe(0))

  test('the worst of what was met and of what was held', () => {
    expect(exitOfRun(['reload-failed'], [KEEP])).toBe(11)
    expect(exitOfRun(['reload-failed'], [held('vault-sealed')])).toBe(8)
    expect(exitOfRun(['reload-failed', 'role-refused'], [held('vault-sealed')])).toBe(6)
  })

  test('a material that waits out a failure keeps its exit code: the unit stays red between two tries', () => {
    expect(exitOfRun([], [KEEP, held('login-refused')])).toBe(5)
  })
})

test('so does a consumer that waits for its next try', () => {
  const debt = owed('podman:a', ['certificate/a'], { atMs: NOW_MS, retryAtMs: NOW_MS + 1 })
  const held = (fault: OwedHold['fault']) =>
    [holdOwed(debt, fault, NOW_MS)].filter((one) => one !== undefined)
  expect(exitOfRun([], [KEEP, ...held('reload-failed')])).toBe(11)
  expect(exitOfRun([], [KEEP, ...held('serve-mismatch')])).toBe(10)
})

const KEEP: Decision = { kind: 'keep', material: 'certificate/a', reason: 'current', message: 'current' }

function held(fault: FaultCode): Decision {
  return { kind: 'hold', material: 'certificate/b', reason: 'backing-off', fault, message: 'wait' }
}
