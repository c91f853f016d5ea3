import { expect, test } from 'vitest'
import { signOffList } from '../../../../src/core/doctor/sign-off.ts'

const GOOD = { id: 'config', severity: 'ok', expected: 'a valid one', found: 'as expected' } as const
const PROVED = { subject: 'certificate/web', check: 'served', pass: true, message: 'it serves serial 1' }
const served = { state: 'yes', reason: 'because', message: 'looked' } as const

test('what was found and proved is done', () => {
  const items = signOffList([GOOD], [PROVED], [{ id: 'certificate/web', served }])
  expect(items).toEqual([
    { done: true, text: 'config: a valid one' },
    { done: true, text: 'certificate/web: served: it serves serial 1' },
  ])
})

test('a warning is open like a failure, and so is a line that fails', () => {
  const warning = { ...GOOD, severity: 'warn', subject: '/srv', found: 'b', fix: 'mend it' } as const
  expect(signOffList([warning], [{ ...PROVED, pass: false }], [])).toEqual([
    { done: false, text: 'config: /srv: expected a valid one, found b', fix: 'mend it' },
    { done: false, text: 'certificate/web: served: it serves serial 1' },
  ])
})

test('a certificate that nobody looks at is open; an identity is used by keyroller alone', () => {
  const off = { state: 'off', reason: 'because', message: 'no probe configured' } as const
  const items = signOffList(
    [],
    [],
    [
      { id: 'identity/agent', served: off },
      { id: 'certificate/web', served: off },
    ],
  )
  expect(items).toEqual([
    {
      done: false,
      text: 'certificate/web: served: expected a client to look, found no probe configured',
      fix: 'give certificate/web a probe',
    },
  ])
})
