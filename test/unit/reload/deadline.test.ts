import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../../src/reload/deadline.ts'

const never = new AbortController().signal

test('an answer in time is the answer, and so is a failure', async () => {
  await expect(within({ timeoutMs: 1000, signal: never }, async () => 'yes')).resolves.toBe('yes')
  await expect(
    within({ timeoutMs: 1000, signal: never }, () => Promise.reject(new Error('no'))),
  ).rejects.toThrow('no')
})

test('an act that never settles is given up at its deadline, and told so by its signal', async () => {
  let told: AbortSignal | undefined
  const act = (signal: AbortSignal) => {
    told = signal
    return new Promise(() => {})
  }
  await expect(within({ timeoutMs: 20, signal: never }, act)).rejects.toMatchObject({
    code: 'reload-failed',
    message: 'expected an answer within 0s, found none',
  })
  expect(told?.aborted).toBe(true)
})

test('an act that rejects because of the abort does not hide the reason', async () => {
  const act = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('socket destroyed'))))
  await expect(within({ timeoutMs: 20, signal: never }, act)).rejects.toThrow('expected an answer within')
})

test('the end of the run ends the wait, and later acts do not start', async () => {
  const run = new AbortController()
  const waiting = within({ timeoutMs: 60_000, signal: run.signal }, () => new Promise(() => {}))
  run.abort()
  await expect(waiting).rejects.toThrow('found the run at its end')
  let started = false
  const late = within({ timeoutMs: 1000, signal: run.signal }, async () => {
    started = true
  })
  await expect(late).rejects.toThrow('found the run at its end')
  expect(started).toBe(false)
})

test('a process with nothing else to do waits for the deadline instead of exiting 0', async () => {
  const source = new URL('../../../src/reload/deadline.ts', import.meta.url).href
  const program = `
    import { within } from ${JSON.stringify(source)}
    within({ timeoutMs: 300, signal: new AbortController().signal }, () => new Promise(() => {}))
      .catch(({ code }) => { console.log(code); process.exitCode = 11 })`
  const run = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', program])
  await expect(run).rejects.toMatchObject({ code: 11, stdout: 'reload-failed\n' })
})
