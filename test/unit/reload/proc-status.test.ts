import { expect, test } from 'vitest'
import { parseProcess, readProcess, startedAtMs, takesSignal } from '../../../src/reload/proc-status.ts'

const REST = `S ${Array.from({ length: 18 }, (_, index) => index).join(' ')} 4711 0 0`

const status = (caught: string, blocked = '0000000000000000') =>
  `Name:\tweb\nUid:\t1000\t1001\t1002\t1003\nSigBlk:\t${blocked}\nSigCgt:\t${caught}\n`

test('a name with blanks and parentheses does not shift the fields', () => {
  expect(parseProcess(`12 (a) S 1 (b)) ${REST}`, status('0'))).toMatchObject({
    startTicks: 4711,
    uids: [1000, 1001, 1002],
  })
})

test('one that has ended and waits to be reaped is none', () => {
  expect(parseProcess(`12 (web) ${REST.replace('S', 'Z')}`, status('0'))).toBeUndefined()
})

test.each([
  ['a handler', status('0000000000000001'), true],
  ['blocked, for sigwaitinfo or a signalfd', status('0', '0000000000000001'), true],
  ['neither', status('0000000000004000'), false],
])('SIGHUP, %s', (_, text, takes) => {
  const found = parseProcess(`12 (web) ${REST}`, text)
  expect(found && takesSignal(found, 'HUP')).toBe(takes)
})

test('SIGUSR1 is bit 9', () => {
  const found = parseProcess(`12 (web) ${REST}`, status('0000000000000200'))
  expect(found && [takesSignal(found, 'USR1'), takesSignal(found, 'HUP')]).toEqual([true, false])
})

test('the start by the clock', () => {
  expect(startedAtMs({ startTicks: 100, uids: [], taken: 0n }, 50_000, 10_000)).toBe(41_000)
})

test('this very process is one, and there is no process 0', async () => {
  expect(await readProcess(process.pid)).toMatchObject({ uids: Array(3).fill(process.getuid?.()) })
  expect(await readProcess(0)).toBeUndefined()
})
