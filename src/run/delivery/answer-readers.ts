import { createServer, type Server, type Socket } from 'node:net'

export interface Listening {
  /** A listening Unix socket, inherited; its path is left alone. */
  readonly fd: number
  /** How long nobody may have asked for this to be over. */
  readonly idleMs: number
  readonly signal: AbortSignal
}

/**
 * Answers those that connect one after another: with the bytes, or so that they fail. Resolves once nobody has asked for a
 * while, to what went wrong; the connections are closed then.
 */
export function answerReaders(
  { fd, idleMs, signal }: Listening,
  bytesFor: () => Promise<Buffer | undefined>,
): Promise<unknown[]> {
  const faults: unknown[] = []
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>()
  const server = createServer({ allowHalfOpen: true })
  let last = Promise.resolve()
  let idle = setTimeout(stop, idleMs, server)
  server.on('connection', (reader) => {
    clearTimeout(idle)
    last = last
      .then(() => answer(reader, bytesFor, faults))
      .then(() => {
        clearTimeout(idle)
        idle = setTimeout(stop, idleMs, server)
      })
  })
  server.once('error', reject)
  server.once('close', () => resolve(faults))
  signal.addEventListener('abort', () => stop(server), { once: true })
  server.listen({ fd })
  return promise
}

function stop(server: Server): void {
  server.close()
}

async function answer(
  reader: Socket,
  bytesFor: () => Promise<Buffer | undefined>,
  faults: unknown[],
): Promise<void> {
  const bytes = await bytesFor().catch((fault: unknown) => void faults.push(fault))
  await new Promise<void>((resolve) => {
    reader.once('error', () => resolve())
    reader.once('close', () => resolve())
    reader.resume()
    reader.setTimeout(READER_MS, () => reader.destroy())
    reader.end(bytes ?? TOO_LONG, () => reader.destroy())
  })
}

/** A reader that stands still must not keep the next one waiting. */
const READER_MS = 5000

/**
 * What is refused must fail the start, and an end without a byte would be an empty credential, which systemd passes on.
 * More than 1 MiB is none (CREDENTIAL_SIZE_MAX, systemd.exec(5)): the start ends with status 243/CREDENTIALS.
 */
const TOO_LONG = Buffer.alloc(1024 * 1024 + 1)
