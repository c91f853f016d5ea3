import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Pair } from '../../rig/openssl-authority.ts'

/** A server that answers as a test wants, and remembers what it was sent. */
export interface Stub {
  readonly address: string
  readonly requests: readonly Received[]
  /** TCP connections taken so far, whatever came over them. */
  readonly connections: () => number
  /** Those open now. */
  readonly open: () => number
  /** Resets every connection (RST). */
  readonly reset: () => void
  readonly close: () => Promise<void>
}

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** Common name of the client certificate presented on this connection, or none. */
  readonly client: string
  readonly wasResumed: boolean
}

export type Responder = (response: ServerResponse, received: Received, index: number) => void

/** An https server on a free port of 127.0.0.1. Client certificates are asked for and taken unverified, as Vault does. */
export async function startStub(pair: Pair, respond: Responder, options: ServerOptions = {}): Promise<Stub> {
  const requests: Received[] = []
  const server = createServer(
    { cert: pair.certPem, key: pair.keyPem, requestCert: true, rejectUnauthorized: false, ...options },
    async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const received = receivedOf(request, Buffer.concat(chunks).toString())
      requests.push(received)
      respond(response, received, requests.length - 1)
    },
  )
  server.on('tlsClientError', () => {})
  server.on('clientError', () => {})
  return { ...(await listen(server)), requests }
}

function receivedOf(request: IncomingMessage, body: string): Received {
  const socket = request.socket as TLSSocket
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body,
    client: socket.getPeerX509Certificate()?.subject ?? 'none',
    wasResumed: socket.isSessionReused(),
  }
}

/** A TCP server that does with a connection what the test says. */
export async function startTcpStub(use: (socket: Socket) => void): Promise<Omit<Stub, 'requests'>> {
  return listen(createTcpServer(use))
}

async function listen(server: ReturnType<typeof createTcpServer>): Promise<Omit<Stub, 'requests'>> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    open: () => sockets.size,
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function answerJson(response: ServerResponse, statusCode: number, body: unknown, headers = {}): void {
  response.writeHead(statusCode, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** What auth/cert/login answers. */
export const LOGIN_ANSWER = {
  auth: { client_token: 'hvs.canary-token-AAAAAAAAAAAAAAAAAAAA', policies: ['default', 'pki-issue-app'] },
}
