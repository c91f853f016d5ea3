/** Buses that refuse, lie or break off. Every case must reject, close its connection and leave the process alive. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { within } from '../../../src/reload/deadline.ts'
import { type Bus, withBus } from '../../../src/reload/system-bus.ts'
import { startPrivateBus } from './private-bus.ts'

let directory: string
let socketPath: string
let server: Server | undefined
const open = new Set<Socket>()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kr-bus-'))
  socketPath = join(directory, 'bus')
})

afterEach(async () => {
  for (const socket of open) socket.destroy()
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  server = undefined
  await rm(directory, { recursive: true })
})

test('an ordinary call and its answer; errors are answers too', async () => {
  const bus = await startPrivateBus()
  expect(await ask(bus.socketPath)).toMatchObject({ kind: 'reply', sender: 'org.freedesktop.DBus' })
  expect(await ask(bus.socketPath, 'NoSuchMember')).toMatchObject({
    kind: 'error',
    name: 'org.freedesktop.DBus.Error.UnknownMethod',
  })
  await bus.stop()
})

test('no bus at all', async () => {
  await expect(ask(socketPath)).rejects.toMatchObject({
    code: 'reload-failed',
    message: `expected a D-Bus answer on ${socketPath}, found ENOENT`,
  })
})

test('the address in the environment is not looked at', async () => {
  process.env.DBUS_SYSTEM_BUS_ADDRESS = `unixexec:path=/bin/sh,arg1=-c,arg2=touch ${directory}/pwned`
  process.env.DBUS_SESSION_BUS_ADDRESS = process.env.DBUS_SYSTEM_BUS_ADDRESS
  await expect(ask(socketPath)).rejects.toThrow('found ENOENT')
  delete process.env.DBUS_SYSTEM_BUS_ADDRESS
  delete process.env.DBUS_SESSION_BUS_ADDRESS
})

test('one that accepts and stays silent is given up at the deadline, and its connection closed', async () => {
  await listen((socket) => socket.resume())
  await expect(ask(socketPath, 'ListNames', 500)).rejects.toThrow('expected an answer within')
  await expect.poll(() => [...open].every((socket) => socket.destroyed)).toBe(true)
})

test.each([
  ['closes at once', (socket: Socket) => socket.end()],
  ['closes after the greeting', (socket: Socket) => socket.once('data', () => socket.end())],
])('one that %s', async (_, serve) => {
  await listen(serve)
  await expect(ask(socketPath)).rejects.toThrow(/found (the connection closed|EPIPE|ECONNRESET)$/)
})

test.each([
  ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
  ['refuses EXTERNAL: no cookie below $HOME is tried', 'REJECTED DBUS_COOKIE_SHA1\r\n'],
])('one that %s', async (_, line) => {
  const home = process.env.HOME
  delete process.env.HOME
  await listen((socket) => socket.on('data', () => socket.write(line)))
  await expect(ask(socketPath)).rejects.toThrow('found No authentication methods left to try')
  process.env.HOME = home
})

test('one that is full refuses Hello; that is an answer, not an unhandled rejection', async () => {
  const bus = await startPrivateBus({ max_completed_connections: 1 })
  const holder = await bus.connect()
  await expect(ask(bus.socketPath)).rejects.toThrow(
    'found Hello refused: org.freedesktop.DBus.Error.LimitsExceeded',
  )
  holder.disconnect()
  await bus.stop()
})

test('one that breaks off anywhere in its answers', async () => {
  await forEveryCut(Buffer.alloc(0), (asking) =>
    expect(asking).rejects.toMatchObject({
      code: 'reload-failed',
      message: expect.stringContaining('expected a D-Bus answer on'),
    }),
  )
})

// Garbage may pass for an answer, or for the head of a message whose rest never comes: only the deadline is certain.
test('one that breaks off anywhere and goes on with garbage', async () => {
  await forEveryCut(Buffer.alloc(64, 0xff), async (asking) => {
    const startedAt = Date.now()
    await Promise.allSettled([asking])
    expect(Date.now() - startedAt).toBeLessThan(2000)
  })
})

test('a process that met a silent bus ends by itself, and not with 0', async () => {
  await listen((socket) => socket.resume())
  const source = (name: string) =>
    JSON.stringify(new URL(`../../../src/reload/${name}.ts`, import.meta.url).href)
  const program = `
    import { within } from ${source('deadline')}
    import { reloadUnit } from ${source('systemd')}
    const signal = new AbortController().signal
    within({ timeoutMs: 500, signal }, (signal) => reloadUnit('web.service', { socketPath: process.argv[1], signal }))
      .catch(({ code }) => { console.log(code); process.exitCode = 11 })`
  const argv = ['--input-type=module-typescript', '--eval', program, '--', socketPath]
  await expect(promisify(execFile)(process.execPath, argv, { timeout: 20_000 })).rejects.toMatchObject({
    code: 11,
    stdout: 'reload-failed\n',
  })
})

async function ask(path: string, member = 'ListNames', timeoutMs = 5000) {
  return within({ timeoutMs, signal: new AbortController().signal }, (signal) =>
    withBus({ socketPath: path, signal }, (bus: Bus) =>
      bus.call({
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member,
      }),
    ),
  )
}

function listen(serve: (socket: Socket) => void): Promise<void> {
  const listening = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  server = listening
  return new Promise((resolve) => listening.listen(socketPath, resolve))
}

async function forEveryCut(
  garbage: Buffer,
  check: (asking: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const bus = await startPrivateBus()
  const relay = { limit: Number.POSITIVE_INFINITY, passed: 0, garbage }
  await listen((client) => pipeUpTo(relay, connect(bus.socketPath), client))
  expect(await ask(socketPath)).toMatchObject({ kind: 'reply' })
  const whole = relay.passed
  expect(whole).toBeGreaterThan(300)
  for (let limit = 0; limit < whole; limit += 7) {
    Object.assign(relay, { limit, passed: 0 })
    await check(ask(socketPath, 'ListNames', 1000))
  }
  await bus.stop()
}

interface Relay {
  /** Bytes of the bus that reach the client; then comes the garbage and the end. */
  limit: number
  passed: number
  readonly garbage: Buffer
}

function pipeUpTo(relay: Relay, bus: Socket, client: Socket): void {
  open.add(bus)
  bus.on('error', () => {})
  client.on('data', (data) => bus.write(data))
  client.on('close', () => bus.destroy())
  const { limit, garbage } = relay
  if (limit === 0) client.end(garbage)
  bus.on('data', (data: Buffer) => {
    const rest = limit - relay.passed
    relay.passed += Math.min(rest, data.length)
    if (rest > data.length) client.write(data)
    else if (!client.writableEnded) client.end(Buffer.concat([data.subarray(0, rest), garbage]))
  })
}
