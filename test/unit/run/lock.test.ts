import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { takeLock } from '../../../src/run/lock.ts'

const NEVER = new AbortController().signal
const LOCKED = expect.objectContaining({ code: 'run-locked' })

let root: string
const children: ChildProcess[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-lock-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(root, { recursive: true })
})

test('who holds it keeps others out until it is given back', async () => {
  const unlock = await takeLock(root)
  await expect(takeLock(root)).rejects.toMatchObject({
    code: 'run-locked',
    message: `expected to take ${join(root, 'lock')}, found another run holding it`,
  })
  unlock()
  const again = await takeLock(root)
  again()
})

test('of many at once exactly one gets it', { timeout: 60_000 }, async () => {
  const said = await Promise.all(Array.from({ length: 6 }, () => holdElsewhere().said))
  expect(said.sort()).toEqual(['held', ...Array(5).fill('run-locked')])
})

test('the kernel takes it from a holder that is killed', { timeout: 60_000 }, async () => {
  const holder = holdElsewhere()
  expect(await holder.said).toBe('held')
  await expect(takeLock(root)).rejects.toEqual(LOCKED)
  holder.child.kill('SIGKILL')
  await once(holder.child, 'exit')
  const unlock = await takeLock(root)
  unlock()
})

test('who waits gets it when it is given back', { timeout: 60_000 }, async () => {
  const unlock = await takeLock(root)
  const waiter = holdElsewhere(30_000)
  const early = await Promise.race([
    waiter.said,
    new Promise((resolve) => setTimeout(resolve, 1500, 'waiting')),
  ])
  expect(early).toBe('waiting')
  unlock()
  expect(await waiter.said).toBe('held')
})

test('who waits in vain is told so', { timeout: 60_000 }, async () => {
  const unlock = await takeLock(root)
  const startedAt = Date.now()
  await expect(takeLock(root, { ms: 1000, signal: NEVER })).rejects.toEqual(LOCKED)
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(900)
  unlock()
})

test('a run that is told to stop waits no longer', async () => {
  const unlock = await takeLock(root)
  const stop = new AbortController()
  const waiting = takeLock(root, { ms: 60_000, signal: stop.signal })
  const reason = new KeyrollerError('run-interrupted', 'expected to finish, found SIGTERM')
  stop.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  unlock()
  const again = await takeLock(root)
  again()
})

test('Ctrl-C meets the waiting flock too, and is no fault of keyroller', { timeout: 60_000 }, async () => {
  const unlock = await takeLock(root)
  const waiting = takeLock(root, { ms: 60_000, signal: NEVER })
  await expect.poll(() => interruptFlock(), { timeout: 20_000 }).toBe(true)
  await expect(waiting).rejects.toMatchObject({
    code: 'run-interrupted',
    message: `expected to take ${join(root, 'lock')}, found the wait ended by SIGINT`,
  })
  unlock()
})

test('a program that a run leaves behind does not keep the lock', async () => {
  const unlock = await takeLock(root)
  const left = spawn('/bin/sleep', ['60'], { stdio: 'ignore', detached: true })
  children.push(left)
  await once(left, 'spawn')
  unlock()
  const again = await takeLock(root)
  again()
})

test('the lock file is private: nobody else can open it, and so hold it', async () => {
  const before = process.umask(0)
  const unlock = await takeLock(root)
  process.umask(before)
  expect(statSync(join(root, 'lock')).mode & 0o777).toBe(0o600)
  unlock()
})

test.each<[string, string, (path: string) => unknown]>([
  ['a link to a file', 'ELOOP', (path) => symlinkSync('/etc/hostname', path)],
  ['a link to nothing', 'ELOOP', (path) => symlinkSync(join(root, 'elsewhere'), path)],
  ['a directory', 'EISDIR', (path) => mkdirSync(path)],
])('%s as lock file is refused and not followed', async (_, found, plant) => {
  plant(join(root, 'lock'))
  await expect(takeLock(root)).rejects.toMatchObject({
    code: 'state-failed',
    message: `${join(root, 'lock')}: expected to open the lock file, found ${found}`,
  })
  expect(readdirSync(root)).toEqual(['lock'])
})

test('what the lock file holds does not matter, and stays', async () => {
  writeFileSync(join(root, 'lock'), 'pid 1')
  const unlock = await takeLock(root)
  unlock()
  expect(statSync(join(root, 'lock')).size).toBe(5)
})

test('it is an flock(2), so that other tools can wait for a run', async () => {
  const unlock = await takeLock(root)
  const tryIt = () => execFileSync('flock', ['--nonblock', join(root, 'lock'), 'true'])
  expect(tryIt).toThrow()
  unlock()
  expect(tryIt).not.toThrow()
})

test('no descriptor stays open after a refusal', async () => {
  const unlock = await takeLock(root)
  const before = readdirSync('/proc/self/fd').length
  await expect(takeLock(root)).rejects.toEqual(LOCKED)
  expect(readdirSync('/proc/self/fd').length).toBe(before)
  unlock()
})

/** Sends SIGINT to the flock(1) that waits for this lock, once it is there. */
function interruptFlock(): boolean {
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && waitsForLock(name))
  return pid !== undefined && process.kill(Number(pid), 'SIGINT')
}

function waitsForLock(pid: string): boolean {
  try {
    const isFlock = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'flock'
    return isFlock && readlinkSync(`/proc/${pid}/fd/3`) === join(root, 'lock')
  } catch {
    return false
  }
}

function holdElsewhere(waitMs = 0): { child: ChildProcess; said: Promise<string> } {
  const script = new URL('hold-lock.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, root, String(waitMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const said = once(child.stdout as NodeJS.ReadableStream, 'data').then(([chunk]) => String(chunk).trim())
  return { child, said }
}
