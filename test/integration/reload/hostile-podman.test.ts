/** Sockets that are no podman, or a broken one. Whatever they do, the answer is a failed member within the deadline. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PodmanLabelTarget } from '../../../src/core/consumers/target.ts'
import { findMemberStates } from '../../../src/reload/active.ts'
import { type TellRun, tellTarget } from '../../../src/reload/tell.ts'
import { type FakeSocket, makeFakeSocket } from './fake-socket.ts'
import { tellRun } from './tell-run.ts'

let fake: FakeSocket
beforeEach(async () => {
  fake = await makeFakeSocket()
})
afterEach(() => fake.stop())

test('one that accepts and stays silent is given up at the deadline, and its connection closed', async () => {
  await fake.listen((socket) => socket.resume())
  const startedAt = Date.now()
  expect(await messageOf({ timeoutMs: 1000 })).toBe('expected an answer within 1s, found none')
  expect(Date.now() - startedAt).toBeLessThan(2500)
  await expect.poll(fake.isDeserted).toBe(true)
})

test('one that drips a byte now and then does not move the deadline', async () => {
  await fake.listen((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
    const drip = setInterval(() => socket.write(' '), 50)
    socket.on('close', () => clearInterval(drip))
  })
  expect(await messageOf({ timeoutMs: 1000 })).toBe('expected an answer within 1s, found none')
})

test.each([
  ['closes at once', '', 'ECONNRESET'],
  ['dies inside the header', 'HTTP/1.1 200 OK\r\nContent-Le', 'ECONNRESET'],
  ['dies inside the body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"Id":', 'ECONNRESET'],
  ['dies inside a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n[{', 'ECONNRESET'],
  ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'HPE_INVALID_CONSTANT'],
  ['sends headers without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`, 'HPE_HEADER_OVERFLOW'],
])('one that %s', async (_, bytes, code) => {
  await fake.listen((socket) => socket.end(bytes))
  expect(await messageOf()).toBe(`expected a whole answer on ${fake.socketPath}, found ${code}`)
})

test.each([
  [
    'HTML with status 200',
    200,
    '<html>hello</html>',
    () => `expected JSON from ${fake.socketPath}, found something else`,
  ],
  ['HTML with status 502', 502, '<html>bad gateway</html>', () => refused('502')],
  ['a redirect', 302, '', () => refused('302')],
  ['an object for a list', 200, '{}', () => "expected a list of containers in podman's answer, found object"],
  ['a list of nonsense', 200, '[1]', () => "expected a container in podman's answer, found number"],
  [
    'an error of its own',
    500,
    '{"cause":"x","message":"data\\nbase is locked","response":500}',
    () => refused('500: data base is locked'),
  ],
  ['an error that is no text', 500, '{"message":{"a":1}}', () => refused('500')],
])('%s', async (_, status, body, message) => {
  await fake.listen((socket) => socket.end(http(status, body)))
  expect(await messageOf()).toBe(message())
})

test('a body beyond the cap is cut off while it comes, not after', async () => {
  let sent = 0
  await fake.listen((socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const block = Buffer.alloc(1024 * 1024, 0x20)
    const pump = () => {
      while (!socket.destroyed && sent < 500 * block.length && socket.write(block)) sent += block.length
      if (!socket.destroyed) socket.once('drain', pump)
    }
    pump()
  })
  expect(await messageOf()).toBe(`expected at most 8388608 bytes on ${fake.socketPath}, found more`)
  expect(sent).toBeLessThan(64 * 1024 * 1024)
})

test('members whose state cannot be read stay owed one by one, told ones are not owed again', async () => {
  await fake.listen((socket) => socket.end(http(500, '{}')))
  const only = new Set(['container:aa', 'container:bb'])
  const results = await tellTarget(target(), run({ only }))
  expect(results.map(({ member, outcome }) => [member, outcome])).toEqual([
    ['container:aa', 'failed'],
    ['container:bb', 'failed'],
  ])
})

test('a podman that lists a container and then refuses it fails that member alone, and verify says so too', async () => {
  const [first, second] = ['aa'.repeat(32), 'bb'.repeat(32)]
  const list = JSON.stringify([entry('first', first), entry('second', second)])
  await fake.listen((socket) => {
    socket.on('data', (data) => {
      socket.end(String(data).includes('/json?all') ? http(200, list) : http(500, '{"message":"no idea"}'))
    })
  })
  const message = refused('500: no idea')
  expect(await tellTarget(target(), run())).toEqual([
    { member: `container:${first}`, name: 'first', outcome: 'failed', fault: 'reload-failed', message },
    { member: `container:${second}`, name: 'second', outcome: 'failed', fault: 'reload-failed', message },
  ])
  expect(await findMemberStates(target(), run())).toEqual([
    { member: `container:${first}`, name: 'first', active: false, message },
    { member: `container:${second}`, name: 'second', active: false, message },
  ])
})

test('the run at its end: nobody is asked any more', async () => {
  let connections = 0
  await fake.listen(() => {
    connections += 1
  })
  expect(await messageOf({ signal: AbortSignal.abort() })).toContain('found the run at its end')
  expect(connections).toBe(0)
})

test('a path below something that is no directory is a mistake, not an absent podman', async () => {
  await fake.listen(() => {})
  const podmanSocket = `${fake.socketPath}/below`
  expect(await messageOf({ podmanSocket })).toBe(
    `expected podman to listen on ${podmanSocket}, found ENOTDIR`,
  )
})

test('the absent socket of another user is not answered by our own podman', async () => {
  const podmanSocket = '/run/user/4242/podman/podman.sock'
  expect(await messageOf({ podmanSocket })).toBe(
    `expected podman to listen on ${podmanSocket}, found ENOENT; the podman command shows another user's containers`,
  )
})

function http(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

function entry(name: string, id: string) {
  return { Id: id, Names: [name], Labels: { tls: 'true' }, IsInfra: false }
}

function refused(found: string): string {
  return `expected status 200 from the engine on ${fake.socketPath}, found ${found}`
}

function target(timeoutMs = 5000): PodmanLabelTarget {
  return { kind: 'podman-label', text: 'podman:label=tls', key: 'tls', signal: 'HUP', timeoutMs }
}

function run(change: Partial<TellRun> = {}): TellRun {
  return tellRun({ podmanSocket: fake.socketPath, ...change })
}
async function messageOf({
  timeoutMs,
  ...change
}: Partial<TellRun> & { timeoutMs?: number } = {}): Promise<string> {
  const results = await tellTarget(target(timeoutMs), run(change))
  expect(results).toMatchObject([{ member: 'target:podman:label=tls', outcome: 'failed' }])
  return results[0]?.message ?? ''
}
