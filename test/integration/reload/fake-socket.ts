/** A Unix socket that serves whatever a test wants, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FakeSocket {
  readonly directory: string
  /** Nobody listens there before `listen`. */
  readonly socketPath: string
  /** Every connection goes to `serve`; their errors are nobody's business. */
  readonly listen: (serve: (socket: Socket) => void) => Promise<void>
  /** True once the other side has closed all connections it made. */
  readonly isDeserted: () => boolean
  /** Connections that are there stay. */
  readonly stopListening: () => void
  readonly stop: () => Promise<void>
}

export async function makeFakeSocket(): Promise<FakeSocket> {
  const directory = await mkdtemp(join(tmpdir(), 'kr-fake-'))
  const socketPath = join(directory, 'socket')
  const connections = new Set<Socket>()
  let server: Server | undefined
  const listen = (serve: (socket: Socket) => void) =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        connections.add(socket)
        socket.on('error', () => {})
        serve(socket)
      })
      server.listen(socketPath, resolve)
    })
  const stop = async () => {
    for (const socket of connections) socket.destroy()
    await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(undefined)))
    await rm(directory, { recursive: true })
  }
  const isDeserted = () => [...connections].every((socket) => socket.destroyed)
  const stopListening = () => {
    server?.close()
    server = undefined
  }
  return { directory, socketPath, listen, isDeserted, stopListening, stop }
}
