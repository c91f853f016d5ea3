import { expect, test } from 'vitest'
import { askedBy, invocationOf } from '../../../../src/core/ledger/asked.ts'

const PROCESS = { uid: 0, pid: '4711' }
const INVOCATION_ID = '0123456789abcdef0123456789abcdef'
const UNIT = { SYSTEMD_EXEC_PID: '4711', INVOCATION_ID }

test.each([
  ['a timer', { ...UNIT, TRIGGER_UNIT: 'keyroller.timer' }, { by: 'timer', uid: 0 }],
  ['somebody who started the unit', UNIT, { by: 'unit', uid: 0 }],
  ['a path unit', { ...UNIT, TRIGGER_UNIT: 'keyroller.path' }, { by: 'unit', uid: 0 }],
  ['somebody through sudo', { SUDO_USER: 'ada', SUDO_UID: '1000' }, { by: 'sudo', uid: 0, user: 'ada' }],
  ['a shell', {}, { by: 'user', uid: 0 }],
  // A terminal service: its environment is inherited, its number is not.
  ['a shell that a unit started', { ...UNIT, SYSTEMD_EXEC_PID: '42' }, { by: 'user', uid: 0 }],
  [
    'sudo in a terminal service',
    { ...UNIT, SYSTEMD_EXEC_PID: '42', SUDO_USER: 'ada' },
    { by: 'sudo', uid: 0, user: 'ada' },
  ],
])('asked for by %s', (_, env, asked) => expect(askedBy(env, PROCESS)).toEqual(asked))

test('the id of the run is that of systemd only where systemd started it', () => {
  expect(invocationOf({ by: 'timer', uid: 0 }, UNIT)).toBe(INVOCATION_ID)
  expect(invocationOf({ by: 'user', uid: 0 }, UNIT)).toBeUndefined()
  expect(invocationOf({ by: 'unit', uid: 0 }, { INVOCATION_ID: 'x' })).toBeUndefined()
})
