/** Servers of every kind on a port of 127.0.0.1, closed after the test. */
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'

export async function tlsServer(options: TlsOptions): Promise<{ port: number; server: TlsServer }> {
  const server = createTlsServer(options, (socket) => socket.on('error', () => undefined))
  server.on('tlsClientError', () => undefined)
  return { port: await listen(server), server }
}

/** What a consumer that is no TLS server does with a connection. */
export function rawServer(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    answer(socket)
  })
  return listen(server)
}

export function httpServer(): Promise<number> {
  return listen(createHttpServer((_, response) => response.end('plain')))
}

/** A port that nobody listens on: one that was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await open(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  const port = await open(server)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return port
}

function open(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
