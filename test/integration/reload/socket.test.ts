/** HAProxy's own sockets, and sockets that answer as they like. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SocketTarget } from '../../../src/core/consumers/target.ts'
import { findMemberStates } from '../../../src/reload/active.ts'
import { type TellRun, tellTarget } from '../../../src/reload/tell.ts'
import { startBackground } from '../../rig/background.ts'
import { waitFor } from '../../rig/wait-for.ts'
import { type FakeSocket, makeFakeSocket } from './fake-socket.ts'
import { tellRun } from './tell-run.ts'

let fake: FakeSocket
beforeEach(async () => {
  fake = await makeFakeSocket()
})
afterEach(() => fake.stop())

test('the admin socket and the master socket of a real HAProxy', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kr-haproxy-'))
  const [admin, master, config] = ['admin', 'master', 'cfg'].map((name) => join(directory, name))
  if (!admin || !master || !config) throw new Error('three paths')
  const front = `frontend f\n mode http\n bind unix@${join(directory, 'front')}\n`
  await writeFile(
    config,
    `global\n stats socket ${admin} level admin\ndefaults\n timeout client 5s\n${front}`,
  )
  const haproxy = startBackground(['haproxy', '-W', '-S', master, '-f', config], {
    logFile: join(directory, 'log'),
    env: process.env,
  })
  const states = async () => (await findMemberStates(target({ path: admin }), tellRun()))[0]
  await waitFor('the admin socket', async () => (await states())?.active)
  expect(await messageOf({ path: admin, send: 'show info', expect: 'Uptime_sec' })).toBe(
    'answered, still listening 1s later',
  )
  expect(await messageOf({ path: admin, send: 'commit ssl cert /none', expect: 'Success!' })).toMatch(
    /^expected "Success!" on .*admin, found the answer: /,
  )
  expect(await messageOf({ path: master, send: 'reload' })).toBe('answered, still listening 1s later')
  await haproxy.stop()
  await rm(directory, { recursive: true })
})

test('what is sent is one line, and its answer need not end when it holds what is expected', async () => {
  const lines: string[] = []
  await fake.listen((socket) =>
    socket.on('data', (data) => {
      lines.push(String(data))
      socket.write('> done\n> ')
    }),
  )
  expect(await messageOf({ send: 'reload now', expect: 'done' })).toBe('answered, still listening 1s later')
  expect(lines).toEqual(['reload now\n'])
})

test('an answer in pieces', async () => {
  await fake.listen((socket) => {
    socket.write('Succ')
    setTimeout(() => socket.write('ess=1\n'), 100)
  })
  expect(await messageOf({ expect: 'Success=1' })).toBe('answered, still listening 1s later')
})

test.each<[string, string, string]>([
  ['another answer', 'Permission denied\n', 'found the answer: Permission denied'],
  ['no answer', '', 'found no answer'],
])('%s', async (_, answer, found) => {
  await fake.listen((socket) => socket.end(answer))
  expect(await messageOf({ expect: 'Success' })).toBe(`expected "Success" on ${fake.socketPath}, ${found}`)
})

test('an answer that does not end, and was not asked for more, is given up at the deadline', async () => {
  await fake.listen((socket) => {
    socket.resume()
    socket.write('> ')
  })
  expect(await messageOf({ timeoutMs: 1000 })).toBe('expected an answer within 1s, found none')
  await expect.poll(fake.isDeserted).toBe(true)
})

test('an answer without end and measure', async () => {
  await fake.listen((socket) => socket.write(Buffer.alloc(1024 * 1024, 'x')))
  expect(await messageOf({ expect: 'Success' })).toBe(
    `expected at most 65536 bytes on ${fake.socketPath}, found more`,
  )
})

test('a connection that breaks', async () => {
  await fake.listen((socket) => socket.destroy())
  expect(await messageOf({ expect: 'Success' })).toMatch(
    /^expected .* on .*, found (no answer|ECONNRESET|EPIPE)$/,
  )
})

test('nobody behind it: the consumer is down', async () => {
  expect(await tell({})).toMatchObject({
    fault: 'target-missing',
    message: `expected somebody to listen on ${fake.socketPath}, found ENOENT`,
  })
})

test('one that answers and then is gone was not told', async () => {
  await fake.listen((socket) => {
    socket.end('Success\n')
    fake.stopListening()
  })
  expect(await messageOf({ expect: 'Success' })).toBe(
    `expected somebody to listen on ${fake.socketPath}, found ENOENT`,
  )
})

test('the end of the run', async () => {
  await fake.listen((socket) => socket.resume())
  expect(await messageOf({}, { signal: AbortSignal.timeout(200) })).toContain('found the run at its end')
})

function target(change: Partial<SocketTarget>): SocketTarget {
  return {
    ...{ kind: 'socket', path: fake.socketPath, send: 'reload', text: 'socket:/x', timeoutMs: 5000 },
    ...change,
  }
}

async function tell(change: Partial<SocketTarget>, run: Partial<TellRun> = {}) {
  const [result] = await tellTarget(target(change), tellRun(run))
  if (!result) throw new Error('no result')
  return result
}

async function messageOf(change: Partial<SocketTarget>, run: Partial<TellRun> = {}): Promise<string> {
  return (await tell(change, run)).message
}
