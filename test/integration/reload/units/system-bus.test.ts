/** Buses that refuse, lie or break off. Every case must reject, close its connection and leave the process alive. */
import { execFile } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { within } from '../../../../src/reload/deadline.ts'
import { type Bus, withBus } from '../../../../src/reload/units/system-bus.ts'
import { type FakeSocket, makeFakeSocket } from '../fake-socket.ts'
import { startPrivateBus } from '../private-bus.ts'

let fake: FakeSocket
beforeEach(async () => {
  fake = await makeFakeSocket()
})
afterEach(() => fake.stop())

test('an ordinary call and its answer; errors are answers too', async () => {
  const bus = await startPrivateBus()
  expect(await ask(bus.socketPath)).toMatchObject({ kind: 'reply', sender: 'org.freedesktop.DBus' })
  expect(await ask(bus.socketPath, 'NoSuchMember')).toMatchObject({
    kind: 'error',
    name: 'org.freedesktop.DBus.Error.UnknownMethod',
  })
  await bus.stop()
})

// As sd-bus does it, on the socket of an account's manager.
test('one that looks at what came along with BEGIN only when more comes', async () => {
  const bus = await startPrivateBus()
  await fake.listen((client) => holdBeginning(connect(bus.socketPath), client))
  expect(await ask(fake.socketPath, 'ListNames', 5000, process.getuid?.())).toMatchObject({ kind: 'reply' })
  await bus.stop()
})

test('no bus at all', async () => {
  await expect(ask(fake.socketPath)).rejects.toMatchObject({
    code: 'reload-failed',
    message: `expected a D-Bus answer on ${fake.socketPath}, found ENOENT`,
  })
})

test('the address in the environment is not looked at', async () => {
  process.env.DBUS_SYSTEM_BUS_ADDRESS = `unixexec:path=/bin/sh,arg1=-c,arg2=touch ${fake.directory}/pwned`
  process.env.DBUS_SESSION_BUS_ADDRESS = process.env.DBUS_SYSTEM_BUS_ADDRESS
  await expect(ask(fake.socketPath)).rejects.toThrow('found ENOENT')
  delete process.env.DBUS_SYSTEM_BUS_ADDRESS
  delete process.env.DBUS_SESSION_BUS_ADDRESS
})

test('one that accepts and stays silent is given up at the deadline, and its connection closed', async () => {
  await fake.listen((socket) => socket.resume())
  await expect(ask(fake.socketPath, 'ListNames', 500)).rejects.toThrow('expected an answer within')
  await expect.poll(fake.isDeserted).toBe(true)
})

test.each([
  ['closes at once', (socket: Socket) => socket.end()],
  ['closes after the greeting', (socket: Socket) => socket.once('data', () => socket.end())],
])('one that %s', async (_, serve) => {
  await fake.listen(serve)
  await expect(ask(fake.socketPath)).rejects.toThrow(/found (the connection closed|EPIPE|ECONNRESET)$/)
})

test.each([
  ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
  ['refuses EXTERNAL: no cookie below $HOME is tried', 'REJECTED DBUS_COOKIE_SHA1\r\n'],
])('one that %s', async (_, line) => {
  const home = process.env.HOME
  delete process.env.HOME
  await fake.listen((socket) => socket.on('data', () => socket.write(line)))
  await expect(ask(fake.socketPath)).rejects.toThrow('found No authentication methods left to try')
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
  await fake.listen((socket) => socket.resume())
  const source = (name: string) =>
    JSON.stringify(new URL(`../../../../src/reload/${name}.ts`, import.meta.url).href)
  const program = `
    import { within } from ${source('deadline')}
    import { reloadUnit } from ${source('units/systemd')}
    const signal = new AbortController().signal
    within({ timeoutMs: 500, signal }, (signal) => reloadUnit('web.service', { socketPath: process.argv[1], signal }))
      .catch(({ code }) => { console.log(code); process.exitCode = 11 })`
  const argv = ['--input-type=module-typescript', '--eval', program, '--', fake.socketPath]
  await expect(promisify(execFile)(process.execPath, argv, { timeout: 20_000 })).rejects.toMatchObject({
    code: 11,
    stdout: 'reload-failed\n',
  })
})

async function ask(path: string, member = 'ListNames', timeoutMs = 5000, owner?: number) {
  return within({ timeoutMs, signal: new AbortController().signal }, (signal) =>
    withBus({ socketPath: path, signal, ...(owner === undefined ? {} : { owner }) }, (bus: Bus) =>
      bus.call({
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member,
      }),
    ),
  )
}

/** What comes within 20 ms of BEGIN reaches the bus together with what comes after. */
function holdBeginning(bus: Socket, client: Socket): void {
  const held: Buffer[] = []
  let begunAt: number | undefined
  client.on('data', (data: Buffer) => {
    if (begunAt === undefined && data.includes('BEGIN')) begunAt = Date.now()
    held.push(data)
    if (begunAt === undefined || Date.now() - begunAt > 20) bus.write(Buffer.concat(held.splice(0)))
  })
  client.on('close', () => bus.destroy())
  bus.on('error', () => {})
  bus.on('data', (data) => client.write(data))
}

async function forEveryCut(
  garbage: Buffer,
  check: (asking: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const bus = await startPrivateBus()
  const relay = { limit: Number.POSITIVE_INFINITY, passed: 0, garbage }
  await fake.listen((client) => pipeUpTo(relay, connect(bus.socketPath), client))
  expect(await ask(fake.socketPath)).toMatchObject({ kind: 'reply' })
  const whole = relay.passed
  expect(whole).toBeGreaterThan(300)
  for (let limit = 0; limit < whole; limit += 7) {
    Object.assign(relay, { limit, passed: 0 })
    await check(ask(fake.socketPath, 'ListNames', 1000))
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
