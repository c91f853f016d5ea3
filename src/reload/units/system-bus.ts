/**
 * A D-Bus connection that always settles and always closes; the only home of dbus-next.
 *
 * What must stay true, because dbus-next 0.10.2 does not see to it: its calls never settle when the bus goes away; an
 * address from the environment can start any program (`unixexec:`), so the socket is always given; a refused EXTERNAL
 * falls through to a cookie under $HOME, which systemd may not have set; a failed Hello is an unhandled rejection; a torn
 * message is thrown inside a stream event. The last two would end the process.
 */
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { MessageBus } from 'dbus-next'
import { KeyrollerError } from '../../core/errors.ts'
import { oneLine } from '../../core/one-line.ts'
import { throughSocket } from '../owned-socket.ts'

export interface BusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  /** D-Bus signature of `body`; both absent for a call without arguments. */
  readonly signature?: string
  readonly body?: readonly unknown[]
}

export type BusAnswer =
  | { readonly kind: 'reply'; readonly sender: string; readonly body: readonly unknown[] }
  | { readonly kind: 'error'; readonly name: string; readonly text: string }

export interface BusSignal {
  readonly sender: string
  readonly member: string
  readonly body: readonly unknown[]
}

/** Both functions reject with `reload-failed` when the connection breaks, and with its reason when the signal aborts. */
export interface Bus {
  /** There is no bus behind it but one manager, which sends its signals unasked. */
  readonly isPrivate: boolean
  call(call: BusCall): Promise<BusAnswer>
  /** The first signal that `accept` takes, those received since the connection was opened included. */
  waitForSignal(accept: (signal: BusSignal) => boolean): Promise<BusSignal>
}

export interface BusAddress {
  /** Path of a Unix socket. */
  readonly socketPath: string
  /** Uid that it must belong to, of a socket that is no bus but one manager's own; unset: a bus. */
  readonly owner?: number
  readonly signal: AbortSignal
}

/** Connects, does `act`, and closes the connection whatever happens. */
export async function withBus<T>(address: BusAddress, act: (bus: Bus) => Promise<T>): Promise<T> {
  // Imported here, because most runs tell nobody over D-Bus.
  const dbus = await import('dbus-next')
  address.signal.throwIfAborted()
  const { socketPath, owner } = address
  try {
    return await throughSocket({ path: socketPath, owner }, async (path) => {
      const connection = openConnection(dbus, address, path)
      try {
        await connection.connected
        return await act(connection.bus)
      } finally {
        connection.close()
      }
    })
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall !== 'open') throw error
    throw new KeyrollerError('reload-failed', `expected a D-Bus answer on ${socketPath}, found ${code}`)
  }
}

type DbusNext = typeof import('dbus-next')

interface Connection {
  readonly connected: Promise<void>
  readonly bus: Bus
  close(): void
}

function openConnection(dbus: DbusNext, { socketPath, owner, signal }: BusAddress, path: string): Connection {
  // `socket`, where the standard says `path`, is dbus-next's word for a plain net.Socket without its native addon.
  const wire = dbus.sessionBus({ busAddress: `unix:socket=${path}`, authMethods: ['EXTERNAL'] })
  const stream = streamOf(wire)
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => {})
  const breakWith = (reason: unknown) => {
    broken.reject(reason)
    stream.destroy()
  }
  const fail = (found: string) =>
    breakWith(new KeyrollerError('reload-failed', `expected a D-Bus answer on ${socketPath}, found ${found}`))
  const isPrivate = owner !== undefined
  failOnTrouble(dbus, wire, stream, isPrivate, fail)
  const stop = () => breakWith(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const greeted = new Promise<void>((resolve) => wire.once('connect', () => resolve()))
  const connected = Promise.race([broken.promise, greeted])
  if (isPrivate) nudgeUntil(connected, dbus, wire)
  return {
    connected,
    bus: busOver(dbus, wire, isPrivate, broken.promise),
    close: () => {
      signal.removeEventListener('abort', stop)
      fail('it closed')
    },
  }
}

/** Every way in which the other side can leave us waiting ends in `fail`, at once. The listeners stay after the close. */
function failOnTrouble(
  dbus: DbusNext,
  wire: MessageBus,
  stream: Socket,
  isPrivate: boolean,
  fail: (found: string) => void,
): void {
  wire.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? oneLine(String(error.message))))
  stream.on('end', () => fail('the connection closed'))
  stream.on('close', () => fail('the connection closed'))
  // Nobody has reason to call methods of ours; `true` keeps dbus-next from answering.
  wire.addMethodHandler(() => true)
  let greeted = false
  wire.once('connect', () => {
    greeted = true
  })
  wire.on('message', (message) => {
    if (greeted || message.type !== dbus.MessageType.ERROR) return
    // A manager by itself has no names to give and knows no Hello: that it answers is the greeting.
    if (isPrivate) wire.emit('connect')
    else fail(`Hello refused: ${oneLine(message.errorName)}`)
    // Before the handler sees it: no reply has serial 0, so dbus-next leaves its own Hello alone.
    message.replySerial = '0'
  })
  containThrows(stream, fail)
}

const NUDGE_MS = 100

/**
 * A manager's own socket is served by sd-bus, which looks at what it has read along with BEGIN only when more comes
 * (bus_socket_read_auth of systemd 252). dbus-next writes Hello right behind BEGIN, and a busy manager reads both as one: so
 * more is sent until there is an answer.
 */
function nudgeUntil(settled: Promise<void>, dbus: DbusNext, wire: MessageBus): void {
  const { NO_REPLY_EXPECTED: flags } = dbus.MessageFlag
  const ping = {
    destination: 'org.freedesktop.systemd1',
    path: '/',
    interface: 'org.freedesktop.DBus.Peer',
    member: 'Ping',
    flags,
  }
  const timer = setInterval(() => wire.send(new dbus.Message(ping)), NUDGE_MS)
  settled.catch(() => {}).finally(() => clearInterval(timer))
}

/** dbus-next parses in listeners of the stream; what it throws there must break this connection, not the process. */
function containThrows(stream: Socket, fail: (found: string) => void): void {
  const emit = stream.emit
  stream.emit = (...event: Parameters<typeof emit>) => {
    try {
      return emit.apply(stream, event)
    } catch {
      fail('something that is no D-Bus message')
      return true
    }
  }
}

function busOver(dbus: DbusNext, wire: MessageBus, isPrivate: boolean, broken: Promise<never>): Bus {
  const inbox = new Set<(signal: BusSignal) => void>()
  const received: BusSignal[] = []
  wire.on('message', (message) => {
    if (message.type !== dbus.MessageType.SIGNAL) return
    const signal = { sender: message.sender, member: message.member, body: message.body }
    received.push(signal)
    for (const deliver of inbox) deliver(signal)
  })
  return {
    isPrivate,
    call: (call) => Promise.race([broken, ask(dbus, wire, call)]),
    waitForSignal: (accept) => {
      const found = received.find(accept)
      if (found) return Promise.resolve(found)
      const next = new Promise<BusSignal>((resolve) => {
        inbox.add((signal) => accept(signal) && resolve(signal))
      })
      return Promise.race([broken, next])
    },
  }
}

async function ask(dbus: DbusNext, wire: MessageBus, { body, ...call }: BusCall): Promise<BusAnswer> {
  try {
    const reply = await wire.call(new dbus.Message({ ...call, ...(body ? { body: [...body] } : {}) }))
    return { kind: 'reply', sender: reply?.sender ?? '', body: reply?.body ?? [] }
  } catch (error) {
    if (!(error instanceof dbus.DBusError)) throw error
    return { kind: 'error', name: error.type, text: oneLine(error.text) }
  }
}

/** dbus-next tells nobody of the stream's end and its disconnect() waits for the peer, so both are taken from within. */
function streamOf(wire: MessageBus): Socket {
  const { _connection: connection } = wire as unknown as { _connection: EventEmitter & { stream: Socket } }
  return connection.stream
}
