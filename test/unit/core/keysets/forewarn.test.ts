import { expect, test } from 'vitest'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { emptyKeyset } from '../../../../src/core/keysets/document.ts'
import { closeActivation, forewarn } from '../../../../src/core/keysets/forewarn.ts'
import type { KeysetFacts } from '../../../../src/core/keysets/gates.ts'
import type { KeysetStep } from '../../../../src/core/keysets/steps-ahead.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'
import { QUARTERLY } from './life.ts'

const OPEN: KeysetFacts = {
  controlPlane: { state: 'reachable' },
  consumers: [],
  hosts: [{ name: 'web1', knows: [2] }],
}
const BEHIND: KeysetFacts = { ...OPEN, hosts: [{ name: 'web1', knows: [1] }] }

test('in the second half of the time that peers have, and not before nor when it is due', () => {
  const dueAtMs = NOW_MS + 90 * DAY_MS
  expect(closeActivation(published(), QUARTERLY, dueAtMs - 7 * DAY_MS - 1)).toBeUndefined()
  expect(closeActivation(published(), QUARTERLY, dueAtMs - 7 * DAY_MS)).toEqual({ version: 2, dueAtMs })
  expect(closeActivation(published(), QUARTERLY, dueAtMs)).toBeUndefined()
  expect(closeActivation(emptyKeyset('tokens'), QUARTERLY, NOW_MS)).toBeUndefined()
})

test('it names who is behind, and when that will matter', () => {
  const close = { version: 2, dueAtMs: NOW_MS }
  expect(forewarn(close, OPEN)).toBeUndefined()
  expect(forewarn(close, BEHIND)).toEqual({
    reason: 'hosts',
    dueAtMs: NOW_MS,
    message:
      'version 2 is to be put in use at 2026-06-01T12:00:00Z; expected all hosts to know version 2, not yet do web1',
  })
})

/** Version 1 in use, version 2 published two weeks before its time. */
function published() {
  const steps: [KeysetStep, number][] = [
    [{ kind: 'make', version: 1, keyKind: 'ed25519' }, NOW_MS],
    [{ kind: 'activate', version: 1, acceptForMs: DAY_MS }, NOW_MS],
    [{ kind: 'make', version: 2, keyKind: 'ed25519' }, NOW_MS + 76 * DAY_MS],
  ]
  return steps.reduce((document, [step, atMs]) => afterStep(document, step, { atMs }), emptyKeyset('tokens'))
}
