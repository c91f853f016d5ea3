import { expect, test } from 'vitest'
import { FAULTS, type FaultCode, KeyrollerError, toFault } from '../../../src/core/errors.ts'
import { EXIT_CODES } from '../../../src/core/exit-codes.ts'

const CODES = Object.keys(FAULTS) as FaultCode[]

test.each(CODES)('%s ends in an exit code of the table, and says what to try next', (code) => {
  expect(Object.keys(EXIT_CODES)).toContain(FAULTS[code].exit)
  expect(FAULTS[code].hint).toMatch(/^\S.*[^.\s]$/)
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
})

test('an error carries its code, its exit and its hint', () => {
  const cause = new Error('ENOSPC')
  const error = new KeyrollerError('files-failed', '/srv/key.pem: expected to write it, found ENOSPC', {
    cause,
  })
  expect(error).toMatchObject({ name: 'KeyrollerError', code: 'files-failed', exit: 'files', cause })
  expect(error.hint).toBe(FAULTS['files-failed'].hint)
  expect(new KeyrollerError('files-failed', 'm', { hint: 'df -h' }).hint).toBe('df -h')
  expect(new KeyrollerError('files-failed', 'm')).not.toHaveProperty('cause')
})

test('a fault is told without its cause, which may hold a secret', () => {
  const error = new KeyrollerError('vault-failed', 'expected an answer, found status 500', {
    cause: { token: 'hvs.SECRET' },
  })
  expect(toFault(error)).toEqual({
    code: 'vault-failed',
    message: 'expected an answer, found status 500',
    hint: FAULTS['vault-failed'].hint,
  })
})

test.each([
  ['an error of the runtime', new TypeError('x is not a function'), 'TypeError: x is not a function'],
  ['text', 'hvs.SECRET', 'something that is no error was thrown'],
  ['nothing', undefined, 'something that is no error was thrown'],
  ['an object', { message: 'hvs.SECRET' }, 'something that is no error was thrown'],
])('%s is a fault of the program', (_, thrown, message) => {
  expect(toFault(thrown)).toEqual({ code: 'internal', message, hint: FAULTS.internal.hint })
})
