/** Sockets and URLs that answer as a test wants, or do not. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { freePort } from '../../../rig/free-port.ts'
import { type FakeSocket, makeFakeSocket } from '../fake-socket.ts'
import type { Breaker, Breakers } from './broken.ts'

export const socketBreakers: Breakers = {
  absent: adminSocket(),
  hung: adminSocket((socket) => socket.resume()),
  refuses: adminSocket((socket) => socket.end('Permission denied\n')),
  dies: adminSocket((socket, fake) => {
    socket.end('Success\n')
    fake.stopListening()
  }),
  stale: adminSocket((socket) => socket.end('Success\n')),
  loops: adminSocket((socket, fake) => {
    socket.end('Success\n')
    fake.stopListening()
    void fake.listen((next) => next.end())
  }),
  cut: adminSocket((socket) => socket.once('data', () => socket.end())),
}

/** Nobody listens on one that serves nothing. */
function adminSocket(serve?: (socket: Socket, fake: FakeSocket) => void): Breaker {
  return async (_, timeout) => {
    const fake = await makeFakeSocket()
    if (serve) await fake.listen((socket) => serve(socket, fake))
    return {
      reload: { socket: fake.socketPath, send: 'reload', expect: 'Success', timeout },
      stop: fake.stop,
    }
  }
}

type Serve = (answer: Parameters<RequestListener>[1], server: Server) => void

export const httpBreakers: Breakers = {
  absent: async (_, timeout) => ({ reload: { url: urlOf(await freePort()), timeout }, stop: async () => {} }),
  hung: url(() => {}),
  refuses: url((answer) => answer.writeHead(503).end()),
  dies: url((answer, server) => {
    answer.end()
    server.close()
  }),
  stale: url((answer) => answer.end()),
  loops: url((answer, server) => {
    const { port } = server.address() as AddressInfo
    answer.end()
    server.close(() => server.listen(port, '127.0.0.1'))
  }),
  cut: url((answer) => {
    answer.writeHead(200, { 'content-length': 100 })
    answer.write('half')
    setTimeout(() => answer.destroy(), 50)
  }),
}

function url(serve: Serve): Breaker {
  return async (_, timeout) => {
    const server = createServer((_request, answer) => serve(answer, server))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const stop = async () => {
      server.closeAllConnections()
      server.close()
    }
    return { reload: { url: urlOf(port), timeout }, stop }
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}/reload`
}
